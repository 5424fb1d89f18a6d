"""What a reader need not see is folded: `python .ci/fold.py` hides the source of cells in the
notebooks that put things together (those without a number): tests (`#| hide`), cells whose output
alone is the page (`#| echo: false`), and long ones, but where the code is what is to be read."""

import json
from pathlib import Path

LONGEST = 12  # lines of a cell that stands open in a page to be read
OF_CODE = {'course', 'index', 'plugins', 'train'}  # here long cells are what the reader came for
NOTEBOOKS = Path(__file__).resolve().parent.parent / 'nbs'


def is_folded(source: str, page: str) -> bool:
    "Whether a cell's source is hidden."
    long = len(source.splitlines()) > LONGEST and page not in OF_CODE
    return long or source.startswith(('#| hide', '#| echo: false'))


def main():
    for path in sorted(NOTEBOOKS.glob('[a-z]*.ipynb')):
        text = path.read_text(encoding='utf-8')
        nb = json.loads(text)
        for cell in nb['cells']:
            if cell['cell_type'] == 'code' and is_folded(''.join(cell['source']), path.stem):
                cell['metadata'].setdefault('jupyter', {})['source_hidden'] = True
        new = json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + '\n'
        if new != text:
            path.write_text(new, encoding='utf-8')
            print(f'{path.name}: folded')


if __name__ == '__main__':
    main()
