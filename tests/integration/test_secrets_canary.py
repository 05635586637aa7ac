"""Canary secrets are planted wherever a secret can stand, every failure is provoked, and every byte is looked at.

A provocation is one row of ``PROVOCATIONS``: a config, a command, and what the output or the files must show of the
failure, so that a provocation that did not happen is no proof. Add a row for whatever new can go wrong.
"""

from __future__ import annotations

import base64
import html
import json
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import pytest
import yaml

SECRET = 'Cnry+aB3/x9Q=7"w\\Ze%K0t5v8Jm2Hn4Lp6RsU1d'
"""In the environment. Every sign in it is written otherwise in an address, in JSON or in a header."""

KEY = "CNRYKEY7f3a9c1e5b2d8064"
"""In ``.env``."""

LOGIN = "cnrylogin0d4c6b"
"""In addresses only: nobody has ever made it known."""

NAMED = "cnrynamed91e7a3"
"""Behind names such as ``apiKey`` only: nobody has ever made it known either."""

FOREIGN = "cnryforeign5c8e2f64"
"""In the environment under a name that no config mentions."""

PLUGIN = """
import os
from logos.plugins import BrokerPart, GuardPart, StrategyPart, hookimpl

@hookimpl
def logos_strategies():
    work = "acme_leak_work"
    yield StrategyPart(name="leaky", summary="Fails", target=f"{work}:Leaky", config=f"{work}:LeakyConfig")

@hookimpl
def logos_guards():
    work = "acme_leak_work"
    yield GuardPart(name="tattler", summary="Tells", target=f"{work}:Tattler", config=f"{work}:TattlerConfig")

@hookimpl
def logos_brokers():
    yield BrokerPart(name="refusing", summary="Refuses", target="acme_leak_work:open_refusing",
                     config="logos.brokers.paper_config:PaperConfig")

if os.environ.get("ACME_OBSERVES"):
    @hookimpl
    def logos_order_event(session, event):
        from acme_leak_work import everything
        raise RuntimeError(everything("observer"))
"""
BROKEN = """
import os
raise RuntimeError(f"broken plugin {os.environ['ACME_API_SECRET']} api_key={os.environ['ACME_NAMED']}")
"""
WORK = '''
import atexit, base64, json, logging, os, resource, sys, threading, warnings
from urllib.parse import quote
import attrs
from logos.brokers.paper import PaperBroker, open_paper
from logos.domain.events import Accepted, Rejected, Unknown
from logos.session.seats import Guard

SECRETS = {}

def known(context):
    for name in ("ACME_API_SECRET", "ACME_API_KEY"):
        SECRETS[name] = context.secrets.get(name).reveal()

def everything(marker):
    """A text as a library might make it, with all secrets in many forms."""
    secret, key = SECRETS["ACME_API_SECRET"], SECRETS["ACME_API_KEY"]
    login, named, foreign = (os.environ[name] for name in ("ACME_LOGIN", "ACME_NAMED", "OTHER_SERVICE_TOKEN"))
    pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
    headers = {"X-MBX-APIKEY": key, "APCA-API-SECRET-KEY": secret, "Authorization": f"Basic {pair}"}
    return " ".join([
        f"marker-{marker}", secret, key, f"GET https://me:{login}@venue.example/v1/order?apiKey={quote(key)}&key={named}",
        f"body={quote(secret, safe='')}&signature={named}", json.dumps({"secret": secret, "apiKey": named}),
        repr(headers), secret.encode().hex(), base64.b64encode(secret.encode()).decode(), repr(secret.encode()),
        f"Authorization: Bearer {named}", f"cut off: {secret[:24]}", foreign, f"passphrase: '{named}'",
        f"-----BEGIN PRIVATE KEY-----\\\\n{named}\\\\n-----END PRIVATE KEY-----",
    ])

@attrs.frozen(kw_only=True)
class LeakyConfig:
    how: str = "raise"
    fast: int = 1

    @property
    def credentials(self):
        return ("ACME_API_SECRET", "ACME_API_KEY")

class Leaky:
    lookback = 1

    def __init__(self, config, context):
        known(context)
        self.how, self.bars, self.log = config.how, 0, context.log
        if self.how == "factory":
            raise RuntimeError(everything("factory"))

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 3:
            getattr(self, self.how)()
        return None

    def quiet(self):
        pass

    def raised(self):
        try:
            raise ValueError(everything("cause"))
        except ValueError as error:
            raise RuntimeError(everything("raised")) from error

    def speaks(self):
        text = everything("speaks")
        secret = SECRETS["ACME_API_SECRET"]
        self.log.warning(f"event {text}", secret=text, key=SECRETS["ACME_API_KEY"], first=secret[:20], rest=secret[20:],
                         nested={"a": [text, {"token": text}]})
        self.log.error("failed", exc_info=RuntimeError(text))
        warnings.warn(text)
        logging.getLogger("acme").warning("%s", text)
        logging.getLogger("urllib3.connectionpool").error(text)
        try:
            raise RuntimeError(text)
        except RuntimeError:
            logging.getLogger("ccxt").exception("call failed")
        print(text)
        print(text, file=sys.stderr)

    def dies(self):
        def work():
            raise RuntimeError(everything("thread"))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        class Closing:
            def __del__(self):
                raise RuntimeError(everything("unraisable"))
        Closing()
        def late():
            raise RuntimeError(everything("exit"))
        atexit.register(late)

    def escapes(self):
        class Fatal(BaseException):
            pass
        raise Fatal(everything("escapes"))

    def rich(self):
        from rich.console import Console
        try:
            local = everything("local")
            raise RuntimeError(everything("rich"))
        except RuntimeError:
            Console(stderr=True, width=72).print_exception(show_locals=True)

    def killed(self):
        os.kill(os.getpid(), 9)

    def pauses(self):
        os.kill(os.getpid(), 2)

    def ends(self):
        try:
            raise ValueError(everything("ends"))
        except ValueError:
            os.kill(os.getpid(), 2)
            os.kill(os.getpid(), 2)

    def fills(self):
        print(everything("full"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        self.log.error(everything("unwritten"), exc_info=RuntimeError(everything("lost")))

@attrs.frozen(kw_only=True)
class TattlerConfig:
    how: str = "reason"

    @property
    def credentials(self):
        return ("ACME_API_SECRET", "ACME_API_KEY")

class Tattler(Guard):
    def __init__(self, config, context):
        known(context)
        self.how = config.how

    def judge(self, intent, session):
        if self.how == "judge":
            return everything("judge")
        if self.how == "judge_raises":
            raise RuntimeError(everything("judge_raises"))
        return None

    def inspect(self, session):
        if self.how == "inspect" and session.counts.bars > 4:
            return everything("inspect")
        return None

    def headroom(self, session):
        return everything("headroom")

class Refusing(PaperBroker):
    def submit(self, order, account):
        number = order.intent.order_id
        if number == 1:
            yield Unknown(number, everything("unknown"))
        yield Rejected(number, everything("rejected"))

def open_refusing(config, context):
    known(context)
    broker = open_paper(config, context)
    broker.__class__ = Refusing
    return broker
'''

SYMBOLS = {"plugin": "replay", "path": "bars", "symbols": ["ABC"]}
TREND = {"plugin": "sma_cross", "name": "trend", "params": {"fast": 1, "slow": 2}}


def session(how: str = "quiet", **sections: Any) -> dict[str, Any]:
    """Return a config with a strategy that fails in some way, and sections in place of its own."""
    return {
        "session": {"name": "canary", "seed": 7},
        "instruments": {"ABC": {"asset_class": "crypto", "tick": "0.01", "lot": "1", "currency": "USD"}},
        "feed": SYMBOLS,
        "broker": {"plugin": "paper", "cash": "10000"},
        "strategies": [{"plugin": "leaky", "name": "fuse", "params": {"how": how}}, TREND],
        "allocator": {"plugin": "fixed_quantity", "quantity": "10"},
        "guards": [],
        **sections,
    }


def guarded(how: str) -> dict[str, Any]:
    """Return a config with a guard that tells secrets."""
    return session(guards=[{"plugin": "tattler", "how": how}])


REFUSED = session(broker={"plugin": "refusing", "cash": "10000"})
LOGGED_IN = session(feed={"plugin": "ccxt", "exchange": "kraken", "base_url": f"https://me:{LOGIN}@v.example"})
LEAKED = session(feed={**SYMBOLS, "api_key": KEY}, broker={"plugin": "paper", "password": NAMED})


class Provocation(NamedTuple):
    """One way to make secrets come up.

    ``commands`` are run one after the other; ``CONFIG`` stands for the config's file, ``ID`` for the session.
    ``shows`` are texts that must be found in what was written: the failure has happened. A ``long`` one is left out of
    the suite: another row provokes the same kind of failure by fewer commands.
    """

    name: str
    config: Mapping[str, Any] | str
    commands: Sequence[Sequence[str]]
    shows: Sequence[str]
    environment: Mapping[str, str] = {}
    long: bool = False


REASONS = ["marker-rejected", "marker-unknown", "marker-observer"]
TRADE = ("trade", "--config", "CONFIG")
AGAIN = ("trade", "--resume", "ID")
LATER = (("replay", "ID", "--verify"), ("audit", "ID"), ("sessions", "show", "ID"), ("sessions", "list", "--json"))
LOOKS = (("config", "check", "CONFIG", "--json"), ("config", "show", "CONFIG"), ("config", "explain", "CONFIG"))
BACKTEST = ("backtest", "--config", "CONFIG")
REPORT = (*BACKTEST, "--report", "--json")
SWEEP = ("sweep", "--config", "CONFIG", "--param", "fuse.fast=1,2", "--executor", "processes", "--workers", "2")

GRID = ("--param", "trend.fast=1,2", "--param", "trend.slow=3,4", "--objective", "total_return")
SURFACE = ("sweep", "--config", "CONFIG", *GRID)

SURVIVED = session(
    strategies=[
        TREND,
        *({"plugin": "leaky", "name": how, "params": {"how": how}} for how in ("speaks", "dies", "rich")),
    ],
    guards=[{"plugin": "tattler", "how": "judge"}, {"plugin": "tattler", "how": "judge_raises"}],
)
"""What a session lives through."""

SURVIVED_TEXTS = [
    *(f"marker-{name}" for name in ("speaks", "thread", "unraisable", "exit", "rich", "judge", "judge_raises")),
    *("call failed", "marker-headroom", "completed"),
]

PROVOCATIONS = (
    Provocation("parts log, warn, print, die in a thread, and object", SURVIVED, [TRADE, LATER[2]], SURVIVED_TEXTS),
    Provocation("parts survive, and all is looked at", SURVIVED, [TRADE, *LATER], SURVIVED_TEXTS, long=True),
    Provocation("a factory raises", session("factory"), [(*TRADE, "--json")], ["marker-factory"]),
    Provocation("a factory raises, in words", session("factory"), [TRADE], ["marker-factory"], long=True),
    Provocation("a strategy raises", session("raised"), [(*TRADE, "--json")], ["marker-raised", "marker-cause"]),
    Provocation("a backtest fails", session("raised"), [BACKTEST], ["marker-raised"], long=True),
    Provocation("what nobody catches", session("escapes"), [TRADE], ["marker-escapes"]),
    Provocation("a crash and a resume", session("killed"), [TRADE, AGAIN], ["session_started"]),
    Provocation("a pause and a resume", session("pauses"), [TRADE, AGAIN], ["paused"], long=True),
    Provocation("two interrupts", session("ends"), [TRADE], ["Interrupted."]),
    Provocation("two interrupts and a resume", session("ends"), [TRADE, AGAIN], ["Interrupted."], long=True),
    Provocation("a full disk", session("fills"), [TRADE], ["marker-full", "cannot write", "File too large"]),
    Provocation("a halt", guarded("inspect"), [(*TRADE, "--json")], ["marker-inspect"]),
    Provocation("a halt and a resume", guarded("inspect"), [TRADE, AGAIN, *LATER[:2]], ["marker-inspect"], long=True),
    Provocation("a backtest halts, with its report", guarded("inspect"), [REPORT], ["marker-inspect", "<html"]),
    Provocation("a broker's reasons", REFUSED, [TRADE, LATER[0]], REASONS, {"ACME_OBSERVES": "1"}),
    Provocation("workers raise", session("raised"), [SWEEP], ["marker-raised"]),
    Provocation("a sweep's pictures", session("speaks"), [SURFACE], ["marker-speaks", "<html"], long=True),
    Provocation("a broken plugin", session(), [("plugins", "list")], ["broken plugin"]),
    Provocation("a broken plugin, as JSON", session(), [("plugins", "list", "--json")], ["broken plugin"], long=True),
    Provocation("secrets in a config", LEAKED, [LOOKS[0]], ["it looks like a secret"]),
    Provocation("secrets in a config, and a start", LEAKED, [*LOOKS, TRADE], ["it looks like a secret"], long=True),
    Provocation("a login in an address", LOGGED_IN, [LOOKS[0]], ["base_url"]),
    Provocation("a login in an address, and a start", LOGGED_IN, [TRADE], ["base_url"], long=True),
    Provocation("no config at all", f"api_key: {NAMED}\n  secret: [{KEY}", [LOOKS[0]], ["YAML"]),
    Provocation("no config, and a start", f"api_key: {NAMED}\n  secret: [{KEY}", [TRADE], ["error"], long=True),
    Provocation("a sound config", session(), [LOOKS[1], ("doctor", "CONFIG")], ["leaky"]),
    Provocation("a sound config, all looks", session(), LOOKS, ["leaky"], long=True),
    Provocation("wrong usage", session(), [("trade", f"--password={NAMED}")], ["No such"]),
    Provocation("wrong usage, in two words", session(), [("trade", "--apikey", KEY)], ["No such"], long=True),
)
LONG = pytest.mark.long


def forms(secret: str) -> Iterator[bytes]:
    """Yield how a secret may be written; on its own, with nothing of the program's code."""
    raw = secret.encode()
    texts = [secret, quote(raw, safe=""), quote(raw), quote_plus(raw), html.escape(secret), repr(secret)[1:-1]]
    texts += [
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        repr(raw)[2:-1],
        raw.hex(),
        raw.hex().upper(),
    ]
    texts += [quote(raw, safe="").lower(), secret[:12], secret[-12:]]
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            texts.append(encode(b"\0" * offset + raw).decode()[4 if offset else 0 : -4])
    yield from (text.encode() for text in texts)


def leaks(content: bytes) -> list[str]:
    """Return which canaries a content holds, and in which form."""
    planted = {"SECRET": SECRET, "KEY": KEY, "LOGIN": LOGIN, "NAMED": NAMED, "FOREIGN": FOREIGN}
    return [
        f"{name} as {form.decode()!r}: …{content[max(found - 60, 0) : found + 60]!r}"
        for name, secret in planted.items()
        for form in dict.fromkeys(forms(secret))
        if (found := content.find(form)) >= 0
    ]


class Lab:
    """A workspace with the canaries in place, and all that was written because of it."""

    def __init__(self, workspace: Path, elsewhere: Path, environment: Mapping[str, str]) -> None:
        self.workspace = workspace
        self._elsewhere = elsewhere
        self._written: list[bytes] = []
        self._planted: dict[Path, bytes] = {}
        self._environment = dict(environment)
        self._put(".env", f"# keys\nACME_API_KEY='{KEY}'\nACME_API_SECOND={KEY}\n")
        rows = "".join(
            f"2024-03-04T14:{30 + minute}:00Z,{price},{price},{price},{price},1000\n"
            for minute, price in enumerate(
                ["10.00", "10.00", "11.00", "12.00", "9.00", "8.00", "12.00", "13.00", "9.00"]
            )
        )
        self._put("bars/crypto/ABC-1m.csv", f"timestamp,open,high,low,close,volume\n{rows}")

    def _put(self, name: str, text: str) -> None:
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self._planted[path] = text.encode()

    def configure(self, config: Mapping[str, Any] | str) -> None:
        self._put("canary.yaml", config if isinstance(config, str) else yaml.safe_dump(dict(config)))

    def run(self, *words: str, **environment: str) -> int:
        done = subprocess.run(
            [str(Path(sysconfig.get_path("scripts")) / "logos"), *map(self._word, words)],
            cwd=self.workspace,
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
        )
        self._written += [done.stdout, done.stderr]
        return done.returncode

    def _word(self, word: str) -> str:
        if word == "ID":
            return min((self.workspace / "runs/live/sessions").iterdir()).name
        return "canary.yaml" if word == "CONFIG" else word

    @property
    def printed(self) -> str:
        return b"\n".join(self._written).decode(errors="replace")

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Yield everything that was printed or stands in a file, but for what the test has put there itself."""
        yield from (("printed", content) for content in self._written)
        for folder in (self.workspace, self._elsewhere):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink() and path.read_bytes() != self._planted.get(path):
                    yield str(path.relative_to(folder)), path.read_bytes()

    def judge(self, shows: Sequence[str]) -> None:
        """Assert that what should have happened did, and that no canary was written anywhere."""
        everything = dict(enumerate(self.written()))
        told = b"\n".join(content for _, content in everything.values())
        assert [text for text in shows if text.encode() not in told] == [], self.printed
        assert [f"{name}: {leak}" for name, content in everything.values() for leak in leaks(content)] == []


@pytest.fixture
def lab(workspace: Path, tmp_path: Path, offline_environment: dict[str, str]) -> Lab:
    """Return a workspace with canaries in its environment, its .env and its plugins."""
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name, module, source in (("acme-leak", "acme_leak", PLUGIN), ("acme-broken", "acme_broken", BROKEN)):
        info = site / f"{module}-1.0.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
        (info / "entry_points.txt").write_text(f"[logos.v1]\nmain = {module}\n")
        (site / f"{module}.py").write_text(source)
    (site / "acme_leak_work.py").write_text(WORK, encoding="utf-8")
    environment = {
        **offline_environment,
        "PYTHONPATH": f"{offline_environment['PYTHONPATH']}:{site}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOGOS_HOME": str(workspace),
        "TMPDIR": str(elsewhere),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
        "ACME_API_SECRET": SECRET,
        "ACME_LOGIN": LOGIN,
        "ACME_NAMED": NAMED,
        "OTHER_SERVICE_TOKEN": FOREIGN,
    }
    return Lab(workspace, elsewhere, environment)


@pytest.mark.parametrize(
    "provocation", [pytest.param(one, id=one.name, marks=[LONG] if one.long else []) for one in PROVOCATIONS]
)
def test_no_canary_is_written(lab: Lab, provocation: Provocation) -> None:
    lab.configure(provocation.config)
    for words in provocation.commands:
        lab.run(*words, **provocation.environment)
    lab.judge(provocation.shows)


VENUES = {
    "binance": {"plugin": "ccxt", "exchange": "binance", "key_env": "ACME_API_KEY", "secret_env": "ACME_API_SECRET"},
    "kraken": {"plugin": "ccxt", "exchange": "kraken", "key_env": "ACME_API_KEY", "secret_env": "ACME_API_SECRET"},
    "alpaca": {"plugin": "alpaca", "key_env": "ACME_API_KEY", "secret_env": "ACME_API_SECOND"},
}
BODIES = {
    "a refusal": (401, {"code": -2015, "msg": "TOLD", "error": ["EAPI:Invalid key TOLD"], "message": "TOLD"}),
    "a page": (403, "<html><head><title>TOLD</title></head><body>TOLD</body></html>"),
    "an outage": (502, "<html><head><title>TOLD</title></head><body>TOLD</body></html>"),
    "a riddle": (200, {"error": ["EQuery:TOLD"], "surprise": "TOLD"}),
}


PROBE = ("config", "check", "CONFIG", "--probe")
FETCH = ("data", "fetch", "--config", "CONFIG", "--start", "2024-01-01", "--end", "2024-01-02")
ASKED = [
    ("binance", "a refusal", ((*TRADE, "--json"),)),
    ("kraken", "a riddle", (PROBE,)),
    ("alpaca", "a page", (PROBE,)),
    *(pytest.param(name, "a refusal", (PROBE, (*TRADE, "--json")), marks=LONG) for name in VENUES),
    *(pytest.param("binance", body, (TRADE,), marks=LONG) for body in ("a page", "an outage", "a riddle")),
    pytest.param("alpaca", "an outage", (PROBE,), marks=LONG),
]


def echo(venue: Any, body: str, secrets: str) -> None:
    """Let a venue answer everything with what it was asked, and with secrets besides."""
    status, content = BODIES[body]
    answer_class = type(venue.rate_limited())

    def respond(request: Any, _fault: Any) -> Any:
        told = f"{secrets} apiKey={NAMED} https://me:{LOGIN}@venue.example/ {request.headers} {request.query}"
        if isinstance(content, str):
            return answer_class(status, content.replace("TOLD", told), {"X-Echo": NAMED})
        return answer_class(status, json.dumps(content).replace("TOLD", json.dumps(told)[1:-1]), {"X-Echo": NAMED})

    venue.respond = respond


@pytest.mark.parametrize(("name", "body", "commands"), ASKED)
def test_no_canary_that_a_venue_sends_back_is_written(
    lab: Lab, venues: Any, name: str, body: str, commands: Sequence[Sequence[str]]
) -> None:
    venue = getattr(venues, name)()
    echo(venue, body, f"{SECRET} {KEY}")
    broker = {**VENUES[name], "base_url": venue.url, "cash": "10000", "timeout": "2s"}
    lab.configure(session(broker=broker, strategies=[TREND]))
    for words in commands:
        assert lab.run(*words) != 0
    lab.judge([])
    assert venue.requests, lab.printed


def test_no_canary_that_a_feeds_venue_sends_back_is_written(lab: Lab, venues: Any) -> None:
    venue = venues.binance()
    echo(venue, "a refusal", SECRET)
    lab.configure({"feed": {"plugin": "ccxt", "exchange": "binance", "base_url": venue.url, "symbols": ["BTC-USD"]}})
    assert lab.run(*FETCH) != 0
    lab.judge(["error: ccxt:binance"])
    assert venue.requests, lab.printed


@pytest.mark.parametrize("form", list(dict.fromkeys(forms(SECRET))))
def test_the_search_would_find_each_form(form: bytes) -> None:
    assert leaks(b"before " + form + b" after")
