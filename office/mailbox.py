"""`make mailbox`: a mailbox on this machine that prints what Songjiao sends, for trying things out without a mail server.

It listens on the loopback address only, keeps nothing and sends nothing on. Never part of an office in real use.
"""

import argparse
import os
import sys
import threading

from office.smtp_sink import SmtpSink

TAKEN = 3
"""The status it ends with where it cannot listen, as for any trouble of the system."""


def main() -> int:
    """Print each mail as it comes in, until Ctrl-C; one line and `TAKEN` where its port is not free."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=8025)
    port = arguments.parse_args().port
    sink = SmtpSink(port=port)
    try:
        sink.start()
    except (OSError, OverflowError) as error:
        print(_not_free(port, str(getattr(error, "strerror", None) or error)), file=sys.stderr)
        return TAKEN
    try:
        ready = _say("邮箱已就绪:启动办公室时设置", "Mailbox ready: start the office with")
        print(f"{ready} SONGJIAO_SMTP_URL={sink.url}", flush=True)
        shown = 0
        ends = threading.Event()
        while not ends.wait(0.3):
            mails = sink.mails
            for mail in mails[shown:]:
                print(f"\n=== {mail.recipient} | {mail.subject}\n{mail.text}", flush=True)
            shown = len(mails)
    finally:
        sink.stop()
    return 0


def _not_free(port: int, why: str) -> str:
    another = port + 1 if 0 < port < 65535 else 8026
    how = f'make mailbox ARGS="--port {another}", SONGJIAO_SMTP_URL=smtp://127.0.0.1:{another} make up'
    return _say(
        f"端口 {port} 不能使用({why});请换一个:{how}", f"port {port} cannot be used ({why}); choose another: {how}"
    )


def _say(zh: str, en: str) -> str:
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return zh if named.lower().startswith("zh") else en


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        pass  # Ctrl-C is how one leaves
