"""Stage `grid`: the paper's fourteen rows at the paper's full budget, seed by seed, as many runs
side by side as the race found best; each finished run's record is packed as soon as it is there."""

import shutil
import signal
import tarfile
import threading
import time

from palmtl.ablations import Grid, paper_cells
from palmtl.comparisons import study
from palmtl.runs import Run, publish
from palmtl.names import run_name
from packed import extract
from place import Place, item

LIMIT = 15 * 2**20  # of a tar; 16 MiB may come back
TARS = 5  # 8 files may come back: three stages, a log, and these
LONG = 'MB'  # in the labels of the rows with eight times the steps


def best_side(place: Place) -> int:
    "How many runs side by side did most steps in the race, if it was run in the same folder."
    seen = [line for line in place.read('race') if 'side' in line and 'steps_per_second' in line]
    if place.workers or not seen:
        return place.workers or place.some(6, 2)
    return max(seen, key=lambda line: line['steps_per_second'])['side']


def make_grid(place: Place) -> Grid:
    "Three seeds of the ten short rows, seed by seed; then the four long ones."
    cells = paper_cells(6)
    more = dict(limit_dev=0, evaluate_every=1, checkpoint_every=0, device=place.device)
    steps, epochs, seeds = 2265, 10, [11711, 11712, 11713]
    if place.tiny:
        few = '0 PALs, dynamic', '6 PALs, annealed, MB', '0 PALs, annealed'
        cells = {k: cells[k] | dict(more_batches=1 + (LONG in k)) for k in few}
        more |= dict(limit='all=60', limit_dev=20, threads=1)
        steps, epochs, seeds = 3, 2, [11711]
    runs = place.scratch / 'runs'
    more |= dict(steps=steps, epochs=epochs, lr=5e-5, head_lr=1e-3, seeds=seeds, runs=runs)
    grid = study('gpu', cells, 'minilm', 'data/cs224n', 'natural', **more)
    grid.settings = dict(sorted(grid.settings.items(), key=lambda x: (LONG in x[0][0], x[0][1])))
    return grid


class Packer:
    "Publishes finished runs and appends their records to tar files, while others are trained."

    def __init__(self, place: Place, grid: Grid):
        self.place, self.grid, self.done, self.number = place, grid, set(), 0
        self.folder = place.scratch / 'published'
        self.began = time.time()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self):
        while not self.ended.wait(1.0):
            self.look()

    def look(self):
        "Pack what has ended since the last look."
        for key, settings in self.grid.settings.items():
            run = Run(self.grid.where / run_name(settings))
            if key not in self.done and run.state == 'finished':
                self.done.add(key)
                try:
                    self.pack(key, run)
                except Exception as e:  # the others go on
                    self.place.write('grid', f'record of {key}', error=f'{type(e).__name__}: {e}')

    def pack(self, key, run: Run):
        record = publish(run, self.folder)
        best = run.summary['best']
        size = sum(p.stat().st_size for p in record.folder.iterdir())
        self.append(record.folder, size)
        metrics = {k: d['metric'] for k, d in best['dev'].items()}
        self.place.write(
            'grid', 'run', cell=key[0], seed=key[1], name=record.folder.name, score=best['score'],
            metrics=metrics, seconds=run.summary['seconds'], steps=run.summary['steps'],
            tokens_per_second=run.summary['tokens_per_second'], bytes=size,
            at_second=round(time.time() - self.began, 1), packed=self.number < TARS,
        )  # fmt: skip
        shutil.rmtree(run.folder / 'best', ignore_errors=True)  # weights do not travel

    def append(self, folder, size):
        "Add a record, and the dev ids that it names, to the newest tar that has room."
        path = self.place.out / f'records-{self.number}.tar'
        if path.exists() and path.stat().st_size + size > LIMIT:
            self.number += 1
            path = self.place.out / f'records-{self.number}.tar'
        if self.number >= TARS:
            return
        with tarfile.open(path, 'a') as tar:
            have = set(tar.getnames())
            tar.add(folder, folder.name)
            for ids in sorted((self.folder / 'ids').iterdir()):
                if f'ids/{ids.name}' not in have:
                    tar.add(ids, f'ids/{ids.name}')


class OutOfTime(KeyboardInterrupt):
    "Ends the grid as Ctrl-C does: its cells checkpoint and end."


@item('grid', 3600)
def papers_rows(place: Place):
    grid, workers = make_grid(place), best_side(place)
    packer = Packer(place, grid)
    place.write('grid', 'begun', workers=workers, cells=len(grid))

    def out_of_time(*_):
        raise OutOfTime

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, max(1.0, place.left() - 12))
    packer.thread.start()
    try:
        grid.train(workers=workers, through='process', poll=0.2, threads=place.some(0, 1))
    except OutOfTime:
        time.sleep(place.some(5, 1))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        packer.ended.set()
        packer.thread.join()
        packer.look()
    for (label, seed), settings in grid.settings.items():
        run = Run(grid.where / run_name(settings))
        if run.state != 'finished' and run.folder.exists():
            done, of = run.progress()
            note = grid.errors.get((label, seed), '')
            place.write('grid', 'unfinished', cell=label, seed=seed, steps=done, of=of, note=note)
    check_records(place, len(packer.done))


def check_records(place: Place, runs: int):
    "What came of it can be unpacked and read, and is below the limit."
    folder, sizes = place.scratch / 'unpacked', []
    for path in sorted(place.out.glob('records-*.tar')):
        sizes.append(path.stat().st_size)
        with tarfile.open(path) as tar:
            extract(tar, folder)
    records = [Run(p.parent) for p in sorted(folder.glob('*/summary.json'))]
    steps = 0
    for record in records:
        record.verify()
        steps += len(record.events('step'))
        environment = record.read_json('environment.json')
        assert 'rounded' in environment['note'], environment
    place.write(
        'grid', 'records', records=len(records), steps=steps, sizes=sizes,
        ok=len(records) == runs and all(s < 16 * 2**20 for s in sizes),
    )  # fmt: skip
