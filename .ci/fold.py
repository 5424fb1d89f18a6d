"""Tests that a reader need not see are folded: `python .ci/fold.py` hides the source of every cell
that begins with `#| hide` in the notebooks that put things together (those without a number)."""

import json
from pathlib import Path

for path in sorted((Path(__file__).resolve().parent.parent / 'nbs').glob('[a-z]*.ipynb')):
    text = path.read_text(encoding='utf-8')
    nb = json.loads(text)
    for cell in nb['cells']:
        if cell['cell_type'] == 'code' and ''.join(cell['source']).startswith('#| hide'):
            cell['metadata'].setdefault('jupyter', {})['source_hidden'] = True
    new = json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + '\n'
    if new != text:
        path.write_text(new, encoding='utf-8')
        print(f'{path.name}: folded')
