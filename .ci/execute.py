"""Saved outputs grow old: `python .ci/execute.py index 63_explorer` executes notebooks in place.

Cells with a flag of nbdev's (`slow`, `cuda`, ...; see settings.ini) are skipped and keep their
outputs. States of widgets are not saved. Afterwards: `.ci/pictures.py`, `.ci/fold.py`, nbdev_clean.
"""

import configparser
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent


def flags() -> list[str]:
    "The names of flags, from settings.ini."
    parser = configparser.ConfigParser()
    parser.read(ROOT / 'settings.ini', encoding='utf-8')
    return parser['DEFAULT']['tst_flags'].split()


class Client(NotebookClient):
    "Executes the cells that have no flag."

    flagged = re.compile(rf'^#\|\s*({"|".join(flags())})\s*$', re.MULTILINE)

    async def async_execute_cell(self, cell, cell_index, **kw):
        if self.flagged.search(cell.source):
            return cell
        return await super().async_execute_cell(cell, cell_index, **kw)


def main():
    if not sys.argv[1:]:
        sys.exit('which notebooks? Give their names, such as index 63_explorer')
    for name in sys.argv[1:]:
        began = time.monotonic()
        path = ROOT / 'nbs' / f'{name.removesuffix(".ipynb")}.ipynb'
        notebook = nbformat.read(path, 4)
        where = dict(metadata=dict(path=str(path.parent)))
        Client(notebook, resources=where, timeout=3000, store_widget_state=False).execute()
        nbformat.write(notebook, path)
        print(f'{path.name}: {time.monotonic() - began:.0f} s', flush=True)


if __name__ == '__main__':
    main()
