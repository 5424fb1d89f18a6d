"""How the page reads, in figures: `python .ci/page.py`. Shown by .ci/run; nothing fails on it."""

import ast
import json
import re
import statistics
from pathlib import Path

root = Path(__file__).resolve().parent.parent
AT_FIRST = 'at 35bdbb1:    4,717 lines, 25.0 % over 100, 765 over 120, 9.5 nodes a line;\n' + (
    '               136 exported cells, median 29 lines, 48 % over 30, 20 over 60'
)


def package_lines():
    "Lines of the package that are neither empty nor only a comment, and its syntax nodes."
    lines, nodes = [], 0
    for path in (root / 'palmtl').rglob('*.py'):
        if path.name in ('_modidx.py', '__init__.py'):
            continue
        text = path.read_text(encoding='utf-8')
        lines += [x for x in text.split('\n') if x.strip() and not x.strip().startswith('#')]
        nodes += sum(isinstance(n, (ast.expr, ast.stmt)) for n in ast.walk(ast.parse(text)))
    return lines, nodes


def cells():
    "Lines of each exported cell; lines of the others; how many of these show something."
    exported, plain, shown, n_plain = [], [], 0, 0
    for path in sorted((root / 'nbs').glob('*.ipynb')):
        for c in json.loads(path.read_text(encoding='utf-8'))['cells']:
            if c['cell_type'] != 'code':
                continue
            lines = [x for x in ''.join(c['source']).split('\n') if x.strip()]
            if any(re.match(r'#\s*\|\s*export', x) for x in lines):
                exported.append(len(lines))
            else:
                plain += lines
                if re.match(r'[0-3]\d_', path.name) and not any('#| hide' in x for x in lines):
                    n_plain += 1
                    shown += bool(c['outputs'])
    return exported, plain, shown, n_plain


def over(lines, width):
    return sum(len(x) > width for x in lines)


lines, nodes = package_lines()
exported, plain, shown, n_plain = cells()
print(
    f'the page now:  {len(lines):,} lines, {over(lines, 100) / len(lines):.1%} over 100, '
    f'{over(lines, 120)} over 120, {nodes / len(lines):.1f} nodes a line;\n'
    f'               {len(exported)} exported cells, median '
    f'{statistics.median(exported):.0f} lines, '
    f'{sum(n > 30 for n in exported) / len(exported):.0%} over 30, '
    f'{sum(n > 60 for n in exported)} over 60;\n'
    f'               other cells: {over(plain, 120) / len(plain):.1%} of their lines over 120; '
    f'in chapters 00 to 39, {shown} of {n_plain} show something'
)
print(AT_FIRST)
