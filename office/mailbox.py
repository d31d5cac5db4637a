"""`make mailbox`: a mailbox on this machine that prints what Songjiao sends, for trying things out without a mail server.

It listens on the loopback address only, keeps nothing and sends nothing on. Never part of an office in real use.
"""

import argparse
import threading

from office.smtp_sink import SmtpSink


def main() -> None:
    """Print each mail as it comes in, until Ctrl-C."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=8025)
    port = arguments.parse_args().port
    with SmtpSink(port=port) as sink:
        print(f"Mailbox ready: start the office with SONGJIAO_SMTP_URL={sink.url}", flush=True)
        shown = 0
        ends = threading.Event()
        while not ends.wait(0.3):
            mails = sink.mails
            for mail in mails[shown:]:
                print(f"\n=== {mail.recipient} | {mail.subject}\n{mail.text}", flush=True)
            shown = len(mails)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # Ctrl-C is how one leaves
