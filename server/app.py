"""The application: routes, pages and limits put together, and the server that runs it."""

import contextlib
import logging
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
from server import api, errors, pages, present
from server.backend import Backend, Ingestion, Intake, Opener, open_backend
from server.security import Gate
from server.service import Service
from server.settings import Settings

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
    app.include_router(api.health)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    # Swagger UI's files, from their package: FastAPI's own page would load them from a CDN.
    swagger = files("fastapi_offline") / "static"
    app.mount("/docs/ui", StaticFiles(directory=Path(str(swagger))), name="swagger")
    return app


def serve(settings: Settings, opener: Opener = open_backend) -> None:
    """Serve until told to stop; answers /healthz while `opener` opens the index.

    Raises whatever `opener` raises. That a service which other machines can reach has a key,
    Settings has seen to.
    """
    app = create_app(settings)
    service: Service = app.state.service
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            server_header=False,
            # Forwarded headers would let any client choose its own scheme and address.
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    failures: list[BaseException] = []

    def open_in_background() -> None:
        try:
            backend = opener(settings)
        except BaseException as error:
            failures.append(error)
            server.should_exit = True
            return
        if service.stopping:
            backend.store.close()
            return
        service.open(backend)
        logger.info("Dossier is ready at http://%s:%s", settings.host, settings.port)

    threading.Thread(target=open_in_background, name="open-index", daemon=True).start()
    server.run()
    if failures:
        raise failures[0]


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
    }
    # Error pages and the log-in form are drawn without knowing whether the service has a key.
    environment.globals["locked"] = False
    return Jinja2Templates(env=environment)
