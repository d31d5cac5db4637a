"""`make mailbox` where its port is taken: one line that says so and names another, and no traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("locale", "says"),
    [("zh_CN.UTF-8", "端口 {port} 不能使用"), ("C.UTF-8", "port {port} cannot be used")],
)
def test_a_taken_port_is_told_in_one_line_with_another_to_take(repository: Path, locale: str, says: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "office.mailbox", "--port", str(port)],
            cwd=repository,
            env=os.environ | {"LC_ALL": locale},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (3, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(says.format(port=port))
    another = port + 1 if port < 65535 else 8026
    assert f'make mailbox ARGS="--port {another}"' in line
    assert f"SONGJIAO_SMTP_URL=smtp://127.0.0.1:{another}" in line
