"""What a starting office says, in the reader's language: its steps, what ended by itself, and why it cannot start.

The supervisor says short English words and raises `OfficeError` in English; the doors tell them on through here. A sentence
that is not known stays as it is. Decides nothing; serves no clause.
"""

import re

PARTS = {
    "server": "Prefect 服务",
    "engine": "预热引擎",
    "deployments": "登记流程",
    "worker": "执行器",
    "dispatcher": "消息分发",
}
_ELSEWHERE = r"Stop it first, or choose another data folder with SONGJIAO_DATA_DIR\."
_ANOTHER = r"Stop it, or choose another with SONGJIAO_PREFECT_PORT \(0 takes a free one\)\."
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"(\S+) ended \((.+)\); again in (\S+) s", "{0} 已退出({1}),{2} 秒后重启"),
    (
        "The warm engine needs Linux: flow runs start the stock way, slower.",
        "预热引擎只能在 Linux 上使用:流程改由 Prefect 逐个启动,较慢",
    ),
    (
        rf"The office in (.+) is running already \(process (.+)\)\. {_ELSEWHERE}",
        "{0} 中的办公室已在运行(进程 {1});请先停止它,或用 SONGJIAO_DATA_DIR 另选数据文件夹",
    ),
    (
        rf"Port (\d+) is in use by another program\. {_ANOTHER}",
        "端口 {0} 已被其他程序占用;请停止该程序,或用 SONGJIAO_PREFECT_PORT 另选端口(0 为任取空闲端口)",
    ),
    ("told to stop while starting", "启动时收到停止指令"),
    (r"(\S+) ended at once\. Its log, (.+?), ends:\n(.*)", "{0} 一启动就退出了。其日志 {1} 的末尾:\n{2}"),
    (
        r"(\S+) is not ready after (\d+) s\. Its log, (.+?), ends:\n(.*)",
        "{0} 在 {1} 秒内没有就绪。其日志 {2} 的末尾:\n{3}",
    ),
    (r"(.+) could not be registered:\n(.*)", "{0} 无法登记:\n{1}"),
    (
        r"a demo runs in (.+) already; stop it first \(Ctrl-C where it was started\)",
        "{0} 中已有演示在运行;请先停止(在启动它的终端按 Ctrl-C)",
    ),
)


def step(words: str, *, english: bool) -> str:
    """What an office says while it starts or runs: the name of a part that starts, or a whole sentence.

    >>> step("server", english=False), step("worker ended (SIGKILL); again in 1 s", english=False)
    ('启动:Prefect 服务', '执行器 已退出(SIGKILL),1 秒后重启')
    """
    if english:
        return f"starting: {words}" if words in PARTS else words
    return f"启动:{PARTS[words]}" if words in PARTS else trouble(words, english=False)


def trouble(words: str, *, english: bool) -> str:
    """Why an office cannot start, or what happened to it, in the reader's language."""
    if english:
        return words
    for pattern, chinese in _SENTENCES:
        found = re.fullmatch(pattern, words, re.DOTALL)
        if found:
            return chinese.format(*(PARTS.get(part, part) for part in found.groups()))
    return words
