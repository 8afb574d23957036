"""The application: routes, pages and limits put together, and the server that runs it."""

import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import jinja2
import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from answer.compose import Answerer
from index.store import Store
from server import api, errors, pages, present, record_pages, records_api
from server.backend import Backend, Ingestion, Intake, Opener, open_backend
from server.security import Gate
from server.service import Service
from server.settings import Settings, SettingsError

logger = logging.getLogger("dossier.server")

ROOT = Path(__file__).resolve().parent
TEMPLATES = ROOT.parent / "templates"
STATIC = ROOT / "static"
SHUTDOWN_SECONDS = 10
VERSION = "0.1.0"
DESCRIPTION = (
    "Cited, verbatim answers from a collection of analytical reports. Offsets count code points "
    'of the document\'s text. Every error is `{"error": {"code", "message", "hint"}}`. '
    "Where the operator has set a key, send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`."
)


def create_app(
    settings: Settings,
    store: Store | None = None,
    answerer: Answerer | None = None,
    *,
    intake: Intake | None = None,
) -> FastAPI:
    """Return the application over an open store and answerer.

    Without them it starts not ready: `app.state.service.open` makes it so.
    """
    templates = _templates()
    service = Service(settings, templates)
    if store is not None and answerer is not None:
        service.open(Backend(store, answerer, intake or Ingestion()))

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="Dossier",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.add_middleware(
        Gate,
        settings=settings,
        sessions=service.sessions,
        metrics=service.metrics,
        templates=templates,
    )
    errors.install(app, templates)
    app.include_router(api.router)
    app.include_router(records_api.router)
    app.include_router(api.health)
    app.include_router(pages.router)
    app.include_router(record_pages.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    # Swagger UI's files, from their package: FastAPI's own page would load them from a CDN.
    swagger = files("fastapi_offline") / "static"
    app.mount("/docs/ui", StaticFiles(directory=Path(str(swagger))), name="swagger")
    return app


def serve(settings: Settings, opener: Opener = open_backend) -> None:
    """Serve until told to stop; answers /healthz while `opener` opens the index.

    Raises SettingsError if the address cannot be listened on, and whatever `opener` raises. That a
    service which other machines can reach has a key, Settings has seen to.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("dossier").setLevel(logging.INFO)
    # Bound here, so that a taken port is told before a model is loaded.
    listener = _listen(settings)
    app = create_app(settings)
    service: Service = app.state.service
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Forwarded headers would let any client choose its own scheme and address.
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    address = "http://{}:{}".format(*listener.getsockname()[:2])
    failures: list[BaseException] = []

    def open_in_background() -> None:
        try:
            service.open(opener(settings))
        except BaseException as error:
            failures.append(error)
            server.should_exit = True
            return
        logger.info("ready: open %s in a browser; Ctrl+C ends", address)

    logger.info("opening the collection in %s", settings.data_dir)
    threading.Thread(target=open_in_background, name="open-index", daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt), listener:
        server.run(sockets=[listener])
    if failures:
        raise failures[0]


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    # Without it, a service restarted at once finds its own port still in use.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"DOSSIER_HOST {settings.host} and DOSSIER_PORT {settings.port} cannot be listened on "
            f"({error.strerror or error}); expected an address of this machine and a free port; "
            "end what uses the port, or set DOSSIER_PORT to another"
        ) from None
    return listener


def _templates() -> Jinja2Templates:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": present.visible,
        "plain": present.plain,
        "long_date": present.long_date,
        "language_name": present.language_name,
        "bytes": present.byte_size,
        "brief": present.brief,
        "by_document": present.by_document,
        "once": present.once,
        "period": present.period,
        "record_href": present.record_href,
        "words_href": present.words_href,
    }
    # Error pages and the log-in form are drawn without knowing whether the service has a key.
    environment.globals["locked"] = False
    return Jinja2Templates(env=environment)
