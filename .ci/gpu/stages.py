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
    failed = [
        line['item']
        for line in place.read(stage)
        if line['item'] not in MEANT and ('error' in line or not line.get('ok', True))
    ]
    print(f'{stage}: {", ".join(failed) + " FAILED" if failed else "all passed"}')
    return int(bool(failed))


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
