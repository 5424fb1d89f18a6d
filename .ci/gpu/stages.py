"""One stage, in the environment that `day` has prepared:

stages.py STAGE OUT SCRATCH UNTIL WORKERS [tiny]
"""

import faulthandler
import os
import sys
from pathlib import Path

import torch

from place import Place, run_items

MEANT = 'a_gpu_error', 'a_hang'  # the rehearsal fails on purpose


def main() -> int:
    stage, out, scratch, until, workers, *tiny = sys.argv[1:]
    faulthandler.enable()
    device = 'cuda' if torch.cuda.is_available() and not tiny else 'cpu'
    place = Place(Path(out), Path(scratch), float(until), bool(tiny), device, int(workers))
    os.chdir(place.scratch)
    if not place.cuda and not tiny:
        print('stages: torch sees no GPU here; `day rehearse` is for such a machine')
        return 2
    if 'PALMTL_DAY_SKIP' not in os.environ:
        place.write(stage, 'machine', **describe(place))
    __import__('check' if stage == 'rehearsal' else stage)
    run_items(stage, place)
    says, status = outcome(stage, place.read(stage))
    print(says)
    return status


def outcome(stage: str, lines: list) -> tuple:  # (sentence, exit status)
    "What failed and what was not done; a package that is missing is no failure."
    failed = [
        line['item']
        for line in lines
        if line['item'] not in MEANT and ('error' in line or not line.get('ok', True))
    ]
    skipped = [line for line in lines if 'skipped' in line]
    parts = [f'{", ".join(failed)} FAILED'] if failed else []
    if skipped:
        undone = [f'{line["item"]} ({line["skipped"]})' for line in skipped]
        parts.append(f'not done: {", ".join(undone)}')
    late = any(line['skipped'] == 'no time left' for line in skipped)
    return f'{stage}: {"; ".join(parts) or "all passed"}', int(bool(failed) or late)


def describe(place: Place) -> dict:
    "The machine, versions and commit."
    from palmtl.runs import describe_environment

    about = describe_environment(place.device)
    if place.cuda:
        properties = torch.cuda.get_device_properties(0)
        about |= dict(memory=properties.total_memory, cuda=torch.version.cuda)
    return about | dict(tiny=place.tiny)


if __name__ == '__main__':
    sys.exit(main())
