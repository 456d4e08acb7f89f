"""`web`: the pages in a browser, until Ctrl-C."""

from pathlib import Path
from urllib.parse import urlencode

from mailbridge.app import App
from mailbridge.cli.output import say
from mailbridge.dispatch import now
from mailbridge.documents.values import ListenAddress
from mailbridge.errors import MailbridgeError

_EXTRA = frozenset({"starlette", "jinja2", "markupsafe", "uvicorn", "h11", "anyio"})


def serve_pages(config: Path | None, listen: ListenAddress | None) -> None:
    """Serve the pages; `listen` wins over the settings. Raises MailbridgeError."""
    try:
        from mailbridge.web.application import make_application
        from mailbridge.web.desk import Desk
        from mailbridge.web.protection import Origins
        from mailbridge.web.server import listen as take
        from mailbridge.web.server import serve
    except ModuleNotFoundError as missing:
        if missing.name not in _EXTRA:
            raise
        raise MailbridgeError(
            "The web pages need libraries that are not installed. "
            "Run `pip install 'mailbridge[web]'`."
        ) from None

    app = App.load(config, secrets=False)
    app.configure_log()
    wanted = app.settings.web
    address = listen or wanted.listen
    bound = take(address.host, address.port)
    port = bound.getsockname()[1]
    base = wanted.address or f"http://{ListenAddress(address.host, port)}"

    def tell_link() -> None:
        link = f"{base}/enter?{urlencode({'token': desk.sessions.new_link()})}"
        say(f"  log in, once: {link}")

    desk = Desk(
        app=app,
        clock=now,
        origins=Origins(wanted.address or ""),
        cookie=f"mailbridge-{port}",
        tell_link=tell_link,
    )
    say(f"Listening on {base}")
    tell_link()
    try:
        serve(make_application(desk), bound)
    finally:
        desk.close()
