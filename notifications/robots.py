"""Group robots and ServerChan, sent to directly: their services answer HTTP 200 also when they refuse, with a code in
the body.

Apprise 1.13 takes that 200 for success, so a message to a robot whose key was withdrawn would count as sent. Here the
body's code decides. The addresses keep Apprise's form: `wecombot://KEY`, `dingtalk://[SECRET@]TOKEN[/MOBILE…]`,
`feishu://TOKEN[?secret=…]`, `lark://TOKEN[?secret=…]`, `schan://SENDKEY`. Nothing is followed, and keys never reach
an error text.
"""

import base64
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from notifications.outcome import DELIVERED, SENT, Delivery, after_http, later, never
from notifications.plugins import CONNECT_SECONDS, READ_SECONDS

# httpx writes the whole address of each request, with a robot's key in it, into its log at INFO.
logging.getLogger("httpx").setLevel(logging.WARNING)

ENDPOINTS: dict[str, str] = {
    "wecombot": "https://qyapi.weixin.qq.com",
    "dingtalk": "https://oapi.dingtalk.com",
    "feishu": "https://open.feishu.cn",
    "lark": "https://open.larksuite.com",
    "schan": "https://sctapi.ftqq.com",
}
GROUP_ROBOTS = frozenset({"wecombot", "dingtalk", "feishu", "lark"})
"""What these say is read by a whole group: they get the short text and never a code."""
_NAMES = {"wecombot": "WeCom robot", "dingtalk": "DingTalk robot", "feishu": "Feishu robot", "lark": "Lark robot",
          "schan": "ServerChan"}  # fmt: skip
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WECOM_BYTES, _TEXT_CHARACTERS, _SCHAN_TITLE = 2048, 5000, 32
# Codes that say: this key, signature or keyword is wrong; another try of the same message gives the same answer.
_FOR_GOOD: Mapping[str, frozenset[int]] = {
    "wecombot": frozenset({93000, 40058, 40008, 44004}),
    "dingtalk": frozenset({300001, 310000, 400013, 400101, 400102, 400105, 40035, 430101, 430102, 430103, 430104}),
    "feishu": frozenset({9499, 19001, 19002, 19021, 19022, 19024}),
    "lark": frozenset({9499, 19001, 19002, 19021, 19022, 19024}),
    "schan": frozenset({40001, 40003}),
}


@dataclass(frozen=True)
class Robot:
    """A robot's address in parts: its key, and where it has one the secret that signs."""

    schema: str
    key: str
    secret: str = ""
    mobiles: tuple[str, ...] = ()

    @classmethod
    def from_address(cls, address: str) -> "Robot | None":
        """Read an address of one of the five kinds; None when its key is missing or misspelt."""
        parts = urlsplit(address)
        schema, query = parts.scheme.lower(), parse_qs(parts.query)
        at, _, host = parts.netloc.rpartition("@")
        key = unquote(query.get("token", query.get("key", [host.partition(":")[0]]))[0])
        secret = unquote(query.get("secret", [at.partition(":")[0]])[0])
        if schema not in ENDPOINTS or not _KEY.fullmatch(key) or (secret and not _KEY.fullmatch(secret)):
            return None
        mobiles = tuple(part for part in parts.path.split("/") if part.isdigit())
        return cls(schema, key, secret, mobiles)

    def request(self, subject: str, text: str, now: float) -> tuple[str, dict[str, Any]]:
        """The address to post to and the JSON body; `now` (Unix seconds) goes into the signature."""
        base = ENDPOINTS[self.schema]
        if self.schema == "wecombot":
            content = text.encode()[:_WECOM_BYTES].decode("utf-8", "ignore")
            return f"{base}/cgi-bin/webhook/send?key={self.key}", {"msgtype": "text", "text": {"content": content}}
        if self.schema == "dingtalk":
            return self._dingtalk(base, text[:_TEXT_CHARACTERS], now)
        if self.schema == "schan":
            return f"{base}/{self.key}.send", {"title": subject[:_SCHAN_TITLE], "desp": text}
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text[:_TEXT_CHARACTERS]}}
        if self.secret:
            moment = str(int(now))
            digest = hmac.new(f"{moment}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
            body |= {"timestamp": moment, "sign": base64.b64encode(digest).decode()}
        return f"{base}/open-apis/bot/v2/hook/{self.key}", body

    def _dingtalk(self, base: str, text: str, now: float) -> tuple[str, dict[str, Any]]:
        url = httpx.URL(f"{base}/robot/send", params={"access_token": self.key})
        if self.secret:
            moment = str(round(now * 1000))
            digest = hmac.new(self.secret.encode(), f"{moment}\n{self.secret}".encode(), hashlib.sha256).digest()
            url = url.copy_merge_params({"timestamp": moment, "sign": base64.b64encode(digest).decode()})
        at = {"atMobiles": list(self.mobiles), "isAtAll": False}
        return str(url), {"msgtype": "text", "text": {"content": text}, "at": at}


def send_robot(address: str, subject: str, text: str, now: float | None = None) -> Delivery:
    """Post to a robot and believe its code, not its HTTP status."""
    robot = Robot.from_address(address)
    if robot is None:
        return never("the channel's key is missing or misspelt; copy the robot's address anew")
    name = _NAMES[robot.schema]
    url, body = robot.request(subject, text, time.time() if now is None else now)
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False) as client:
            answer = client.post(url, json=body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        doubtful = isinstance(error, httpx.ReadTimeout | httpx.ReadError | httpx.RemoteProtocolError)
        return later(f"{name} could not be reached ({type(error).__name__})", doubtful=doubtful)
    if answer.status_code != 200:
        return after_http(name, answer.status_code)
    return _believe(robot.schema, name, answer)


def _believe(schema: str, name: str, answer: httpx.Response) -> Delivery:
    try:
        said = answer.json()
    except ValueError:
        return later(f"{name} answered something that is not JSON")
    if not isinstance(said, dict):
        return later(f"{name} answered without a code")
    code = next((said[key] for key in ("errcode", "code", "StatusCode") if key in said), None)
    if isinstance(code, bool) or not isinstance(code, int):
        return later(f"{name} answered without a code")
    if code == 0:  # a robot's 0 means that the message stands in the group; ServerChan only queues
        return DELIVERED if schema in GROUP_ROBOTS else SENT
    why = next((str(said[key]) for key in ("errmsg", "msg", "message", "StatusMessage") if said.get(key)), "")[:160]
    if code in _FOR_GOOD[schema]:
        return never(f"{name} refused the message ({code} {why}); check the robot's key and its security settings")
    return later(f"{name} did not take the message ({code} {why})")
