"""How `make app` serves the control room: a page that asks no other host, for readers only.

A Jupyter server's configuration. Whoever has the token needs to move sliders, and nothing else: no
terminal, no code of their own, no notebook that is changed or made.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat.v4 import new_markdown_cell, new_notebook
from tornado.web import HTTPError

# Voilà's page asks other hosts for the styles of icons, and for MathJax. It works without both. Our
# template leaves the styles out, and the script is an empty one; whatever else a page may ask for,
# the browser asks nobody but this server. What stands in the page itself counts as this server's.
TEMPLATES = str(Path(__file__).resolve().parent / "share")
NO_SCRIPT = "data:text/javascript,//"
POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'; "
    "connect-src 'self' data: blob:; form-action 'self'; base-uri 'self'"
)
# What widgets say to their kernel. Without "execute_request" no other code runs than the lessons'.
MESSAGES = "comm_open comm_close comm_msg comm_info_request kernel_info_request shutdown_request"


class ReadOnly(AsyncLargeFileManager):
    """The files of the lessons, to be read; pages such as the glossary as notebooks of one cell."""

    async def get(self, path: str, content: bool = True, *args: Any, **options: Any) -> Any:
        model = await super().get(path, content, *args, **options)
        if content and path.endswith(".md"):  # Voilà shows nothing but notebooks
            page = new_notebook(cells=[new_markdown_cell(model["content"])])
            model |= {"type": "notebook", "format": "json", "content": page}
        return model

    async def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise HTTPError(403, "nothing can be changed in the app")

    save = new = new_untitled = copy = update = delete = rename_file = delete_file = _refuse
    create_checkpoint = restore_checkpoint = delete_checkpoint = _refuse


paths = filter(None, [TEMPLATES, os.environ.get("JUPYTER_PATH")])
os.environ["JUPYTER_PATH"] = os.pathsep.join(paths)  # Voilà looks nowhere else
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821  # Jupyter gives it to the file
c.ServerApp.terminals_enabled = False
c.ServerApp.tornado_settings = {
    "headers": {"Content-Security-Policy": POLICY},
    "mathjax_url": NO_SCRIPT,
}
c.VoilaConfiguration.template = "offline"
c.VoilaConfiguration.extension_language_mapping = {".md": "python"}  # these pages are shown, too
c.ServerApp.contents_manager_class = ReadOnly
c.MappingKernelManager.allowed_message_types = MESSAGES.split()
c.MappingKernelManager.cull_idle_timeout = 60  # a kernel that nobody looks at any more ends
c.MappingKernelManager.cull_interval = 20
