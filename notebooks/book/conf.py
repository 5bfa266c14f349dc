"""How Sphinx makes a book of the lessons: `make book`.

Pages come from `notebooks/`, one folder up, outputs and all: nothing is executed but the lines that
make the panels of a page (see `tools/stored.py`). Nothing on a page may come from the web, so that
the book can be read from a folder, or behind any wall.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools")]  # the last two extensions, `published`

from published import book_options, repository  # noqa: E402

project = "fulfillment_lib"
html_title = "Orders, workers and a clock"
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "lessons", "signatures"]
exclude_patterns = ["book", "tools", "**/.ipynb_checkpoints"]

# Notebooks
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/png", 1)]
myst_enable_extensions: list[str] = []  # no dollarmath: a dollar is a dollar
myst_heading_anchors = 4  # deep enough for the terms of the glossary
myst_heading_slug_func = "lessons.anchor"

# The library, from its docstrings
default_role = "py:obj"  # they put names in single backquotes: a link where there is one
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100  # of which the name with its module is a third
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
napoleon_numpy_docstring = False

# With -n every reference must lead somewhere, except:
nitpick_ignore_regex = [
    ("py:obj", r".*"),  # names in backquotes may be arguments, columns, or words of the domain
    # Types of Python and of other libraries: their pages are on the web.
    ("py:class", r"(collections|concurrent|os|_?asyncio)\..*"),
    ("py:class", r"(pandas|numpy|matplotlib)\..*|DataFrame"),
    # What a view needs of a run (any run will do), a type variable, and what a panel or a check
    # gives back, which is for looking at.
    ("py:class", r".*\.(Run|T)"),
    ("py:class", r"fulfillment_lib\.(panels|course)\..*"),
]
suppress_warnings = [
    "myst.header",  # the glossary's terms are small headings below a large one
]

# The pages
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["book.css"]
html_use_index = False  # the library's page and the search find every name
html_show_sphinx = html_show_copyright = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "home_page_in_toc": False,
    "back_to_top_button": False,  # on a small screen it lies on the text
    "use_fullscreen_button": False,
    "show_toc_level": 1,
    "navigation_with_keys": False,
    "navbar_persistent": [],  # the search is in the sidebar
    "search_bar_text": "Search the book",
    "footer_content_items": [],
    **book_options(repository()),
}
