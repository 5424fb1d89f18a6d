"""Where a stage runs: its folders, its time, and the file into which each result goes at once."""

import faulthandler
import json
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ITEMS = {}  # stage -> [(name, seconds, function)], in the order of their definition


@dataclass
class Place:
    "What `day` has prepared."

    out: Path  # what is to come back; results as JSON lines, one file a stage
    scratch: Path  # minilm, data/cs224n, runs; gone with the machine
    until: float  # time.time() at which the stage must have ended
    tiny: bool = False  # the rehearsal: the same code with little to do
    device: str = 'cuda'
    workers: int = 0  # runs side by side in stage grid; 0: as many as the race found best

    @property
    def cuda(self) -> bool:
        return self.device == 'cuda'

    def left(self) -> float:  # seconds
        return self.until - time.time()

    def some(self, many, few):
        "`few` in the rehearsal."
        return few if self.tiny else many

    def write(self, stage: str, item: str, **what):
        "Add a line, and let it reach the disk."
        line = json.dumps(dict(item=item, at=round(time.time(), 2)) | what, default=float)
        path = self.out / f'{stage}.jsonl'
        whole = path.read_bytes().rfind(b'\n') + 1 if path.exists() else 0
        with open(path, 'a') as file:
            file.truncate(whole)  # without a line that an earlier go did not finish
            file.write(line + '\n')
            file.flush()
            os.fsync(file.fileno())
        print(f'{stage} {line[:300]}', flush=True)

    def read(self, stage: str) -> list:
        "The lines so far, of the last go: each begins with a line `machine`."
        from palmtl.dev.gpu_day import gpu_lines

        return gpu_lines(stage, self.out)


def item(stage: str, seconds: float):
    "Enter a function of a `Place` as one item of a stage; `seconds` is the most that it may take."

    def enter(function):
        assert function.__name__ != 'machine', 'a line of that name begins a go'
        ITEMS.setdefault(stage, []).append((function.__name__, seconds, function))
        return function

    return enter


def start_anew(place: Place, skip):
    "A GPU that has met an error serves its process no more; a new one goes on behind `skip`."
    environment = os.environ | dict(PALMTL_DAY_SKIP=','.join(skip))
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def run_items(stage: str, place: Place):
    "Every item of a stage; what fails or takes too long is written down, and the next one begins."
    skip = [n for n in os.environ.get('PALMTL_DAY_SKIP', '').split(',') if n]
    for name, seconds, function in ITEMS[stage]:
        if f'{stage}.{name}' in skip:
            continue
        skip.append(f'{stage}.{name}')
        if place.left() < 3:
            place.write(stage, name, skipped='no time left')
            continue
        most = min(place.some(seconds, 10 * seconds), max(5.0, place.left()))
        run_item(stage, name, most, function, place, skip)
    os.environ['PALMTL_DAY_SKIP'] = ','.join(skip)


def run_item(stage, name, seconds, function, place, skip):
    "One item, with an alarm."

    def too_long():
        with open(place.out / 'log.txt', 'a') as log:
            log.write(f'{stage} {name}: too long\n')
            faulthandler.dump_traceback(log)
        place.write(stage, name, error=f'took longer than {seconds:.0f} s')
        start_anew(place, skip)

    alarm = threading.Timer(seconds, too_long)
    alarm.daemon = True
    alarm.start()
    began = time.perf_counter()
    try:
        function(place)
    except Exception as e:
        text = f'{type(e).__name__}: {e}'[:600]
        where = traceback.format_exc().splitlines()[-12:]
        place.write(stage, name, error=text, where=where)
        if 'CUDA' in text or 'cuda' in text:
            alarm.cancel()
            start_anew(place, skip)
    else:
        place.write(stage, name, done=True, seconds=round(time.perf_counter() - began, 2))
    finally:
        alarm.cancel()
