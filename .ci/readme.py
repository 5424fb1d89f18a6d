"""README.md is nbs/index.ipynb as markdown: `python .ci/readme.py` writes it, `--check` says
whether it is current."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTE = '<!-- Made from nbs/index.ipynb by .ci/readme.py: change the notebook, not this file. -->'
LINK = re.compile(r'\]\(((images/)?[\w-]+\.(ipynb|png))\)')  # to a file beside the notebook


def output_text(output: dict) -> str:
    "The markdown or the text of one output; figures are in files, which the notebook names."
    data = output.get('data', {'text/plain': output.get('text', '')})
    if 'text/markdown' in data:
        return ''.join(data['text/markdown'])
    # the first line of a table may begin with blanks
    plain = ''.join(data.get('text/plain', '')).rstrip().lstrip('\n')
    return '' if 'image/png' in data or not plain else f'```\n{plain}\n```'


def cell_parts(cell: dict) -> list:
    "A markdown cell as it is; a code cell and its outputs, or only these after `#| echo: false`."
    lines = ''.join(cell['source']).split('\n')
    marks = [line for line in lines if line.startswith('#|')]
    text = '\n'.join(line for line in lines if not line.startswith('#|')).strip()
    if cell['cell_type'] == 'markdown':
        return [text]
    if cell['cell_type'] != 'code' or '#| hide' in marks:
        return []
    outputs = '\n\n'.join(filter(None, map(output_text, cell['outputs'])))
    outputs = outputs.replace('\n```\n\n```\n', '\n')  # lines printed one by one stand together
    return [outputs] if '#| echo: false' in marks else [f'```python\n{text}\n```', outputs]


def readme(notebook: dict) -> str:
    "All cells; links count from the project's root."
    parts = [part for cell in notebook['cells'] for part in cell_parts(cell) if part]
    return LINK.sub(r'](nbs/\1)', '\n\n'.join([NOTE, *parts])) + '\n'


def main() -> str | int:
    path = ROOT / 'README.md'
    notebook = (ROOT / 'nbs' / 'index.ipynb').read_text(encoding='utf-8')
    text = readme(json.loads(notebook))
    if '--check' not in sys.argv:
        path.write_text(text, encoding='utf-8')
        return 0
    if path.exists() and path.read_text(encoding='utf-8') == text:
        return 0
    return 'README.md is not what nbs/index.ipynb says: run `python .ci/readme.py`'


if __name__ == '__main__':
    sys.exit(main())
