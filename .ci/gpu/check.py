"""Stage `check`: is a recorded step the step that is meant? What must be proved stands in a table
of chapter 15; each row is an item here."""

import collections
import contextlib
import copy
import gc
import io
import itertools
import time
import warnings

import numpy as np
import torch
from cells import run_flagged
from palmtl.graphs import Graphs
from palmtl.schedulers import SCHEDULERS
from palmtl.settings import make_settings
from palmtl.optimizer import set_rates
from palmtl.training import Trainer
from place import ROOT, Place, item

SMALL = dict(
    limit='sentiment=83,paraphrase=161,similarity=62',  # so that last batches are short
    limit_dev=60,
    batch_size=8,
    epochs=1,
    precision='fp32',
    checkpoint_every=0,
    predict_test=False,
    threads=1,
)
STILL = dict(dropout=0, head_dropout=0)
_folders = itertools.count()


def trainer(place: Place, steps: int = 50, callbacks=(), where: str = '', **kw) -> Trainer:
    "A trainer of the synthetic sample, in a folder of its own unless one is named."
    folder = place.scratch / 'check' / (where or f'{next(_folders)}')
    given = SMALL | dict(device=place.device, graphs='on', steps_per_epoch=str(steps)) | kw
    return Trainer(make_settings(**given), folder, callbacks)


def quietly(t: Trainer):  # -> Run
    "Train to the end."
    with contextlib.redirect_stdout(io.StringIO()):
        return t.fit()


def losses(run) -> np.ndarray:
    return np.array([e['loss'] for e in run.events('step')])


def apart(a, b) -> float:
    "The largest distance of two series."
    a, b = np.asarray(a), np.asarray(b)
    return float(np.abs(a - b).max()) if a.shape == b.shape else float('inf')


def one_step(t: Trainer, again: int = 3):  # -> (key, inputs), played from a recording from now on
    "Steps of one key until it is recorded; they draw from the run's own samplers."
    t.restore()
    draw = t.draw()
    key, inputs = (draw.shape,), t.inputs([draw])
    for _ in range(again):
        t.do(key, *inputs)
    return key, inputs


def weights(t: Trainer) -> dict:
    return {k: v.detach().clone() for k, v in t.model.state_dict().items()}


@item('check', 20)
def what_changes_between_replays(place: Place):
    "Loss weight, learning rate, clip factor, rows and a loss that is not finite reach a recording."
    t = trainer(place, 400, **STILL, clip=1e9, scheduler='round_robin')
    t.model.requires_grad_(True)
    key, (rows, weight) = one_step(t)
    for group in t.optimizer.param_groups:
        group['peak'] = 0.0
    set_rates(t.optimizer, 1.0)
    for group in t.optimizer.param_groups:
        group['weight_decay'] = 0.0
    before = weights(t)
    norm, loss = t.do(key, rows, weight)[0].tolist()
    double, same = t.do(key, rows, weight * 2)[0].tolist()
    ratio = double / norm
    place.write('check', 'loss weight is read', ratio=ratio, ok=abs(ratio - 2) < 1e-3)
    rested = all(torch.equal(v, before[k]) for k, v in t.model.state_dict().items())
    place.write('check', 'rate 0 moves nothing', ok=rested and abs(loss - same) < 1e-5)
    other = (rows + 1) % t.corpora[key[0][0][0][0]].n_rows
    moved = t.do(key, other, weight)[0].tolist()[1]
    place.write('check', 'rows are read', far=abs(moved - loss), ok=moved != loss)
    for group in t.optimizer.param_groups:
        group['peak'] = 1e-3
    set_rates(t.optimizer, 1.0)
    t.do(key, rows, weight)
    far = max(float((v - before[k]).abs().max()) for k, v in t.model.state_dict().items())
    place.write('check', 'a rate is read', far=far, ok=5e-4 < far < 5e-3)
    before, moments = weights(t), copy.deepcopy(t.optimizer.state_dict()['state'])
    t.do(key, rows, weight * float('nan'))
    still = all(torch.equal(v, before[k]) for k, v in t.model.state_dict().items())
    now = t.optimizer.state_dict()['state']
    still &= all(torch.equal(v[n], moments[i][n]) for i, v in now.items() for n in v)
    place.write('check', 'a loss that is not finite is skipped', ok=still)


@item('check', 20)
def clipping_in_a_replay(place: Place):
    "From moments of zero, a step leaves a tenth of the clipped gradient in them."
    for clip in (0.01, 0.0):
        t = trainer(place, 400, **STILL, clip=clip, scheduler='round_robin')
        key, (rows, weight) = one_step(t)
        other = (rows + 7) % t.corpora[key[0][0][0][0]].n_rows
        for played in (rows, other):
            for state in t.optimizer.state.values():
                state['exp_avg'].zero_()
            norm = t.do(key, played, weight)[0][0].item()
            moments = [state['exp_avg'].norm() for state in t.optimizer.state.values()]
            got, meant = 10 * torch.stack(moments).norm().item(), min(clip or norm, norm)
            place.write(
                'check', f'clip {clip}', norm=norm, got=got, meant=meant,
                ok=abs(got / meant - 1) < 1e-3,
            )  # fmt: skip


@item('check', 20)
def dropout_is_fresh(place: Place):
    "Two replays of the same rows draw differently; with the same generator they draw the same."
    still = dict(scheduler='round_robin', lr=1e-30)  # so small that no weight moves
    t = trainer(place, 400, dropout=0.1, head_dropout=0.1, **still)
    key, inputs = one_step(t)
    series = [t.do(key, *inputs)[0][1].item() for _ in range(6)]
    place.write('check', 'replays draw differently', losses=series, ok=len(set(series)) == 6)
    steps = place.some(60, 12)
    runs = [quietly(trainer(place, steps, dropout=0.1, graphs=g)) for g in ('on', 'on', 'off')]
    a, b, plain = map(losses, runs)
    far = apart(a, b)
    place.write('check', 'two recorded runs with dropout', far=far, ok=far <= 1e-3)
    # a recording takes as many random numbers as a plain step; to be seen, not promised
    place.write('check', 'recorded and plain with dropout', far=apart(a, plain))


@item('check', 20)
def absent_tasks_rest(place: Place):
    "A replay moves nothing that belongs to another task: no weight, no moment."
    t = trainer(place, 400, n_pals=2, scheduler='round_robin', weight_decay=0.1)
    t.restore()
    for _ in range(place.some(60, 24)):
        t.train_step()
    before, task = weights(t), t.draw().turns[0][0]
    moments = copy.deepcopy(t.optimizer.state_dict()['state'])
    while (draw := t.draw()).turns[0][0] != task:
        pass
    for _ in range(3):
        t.do((draw.shape,), *t.inputs([draw]))
    names = [n for n in before if n.startswith(('heads.', 'pals.'))]
    moved = [n for n in names if not torch.equal(t.model.state_dict()[n], before[n])]
    own = f'heads.{task}.'
    alien = [n for n in moved if n.startswith('heads.') and not n.startswith(own)]
    counts = collections.Counter()
    for i, state in t.optimizer.state_dict()['state'].items():
        counts[float(state['step'] - moments[i]['step'])] += 1
    place.write(
        'check', 'absent tasks rest', moved=len(moved), of=len(names), steps=dict(counts),
        ok=not alien and set(counts) == {0.0, 3.0} and any(n.startswith(own) for n in moved),
    )  # fmt: skip


@item('check', 30)
def the_limit_of_recordings(place: Place):
    "Steps beyond the limit run plainly, and are the same steps."
    steps, out = place.some(60, 16), []
    for limit in (200, 3, 0):
        t = trainer(place, steps, **STILL)
        t.graphs.limit = limit
        out.append(losses(quietly(t)))
        kept = len(t.graphs.known)
        place.write('check', f'limit {limit}', recorded=kept, ok=kept <= limit or limit == 200)
    far = max(apart(out[0], x) for x in out[1:])
    place.write('check', 'beyond the limit', far=far, ok=far <= 1e-4)


def stop_at(n):
    return lambda event, t: (
        (t.run.folder / 'stop').touch() if event == 'step' and t.step == n else None
    )


@item('check', 30)
def resume(place: Place):
    "A run that was stopped twice, among replays, has the losses of one that was not."
    steps = place.some(60, 20)
    for kw in (STILL, dict(dropout=0.1)):
        kw = kw | dict(scheduler='dynamic', n_pals=2)
        whole = losses(quietly(trainer(place, steps, **kw)))
        where = f'resumed-{next(_folders)}'
        for n in (steps // 3, steps // 2, 0):
            run = quietly(trainer(place, steps, [stop_at(n)] if n else [], where, **kw))
        far = apart(losses(run), whole)
        place.write('check', f'resume, dropout {kw["dropout"]}', far=far, ok=far <= 5e-3)


@item('check', 30)
def begun_on_a_cpu(place: Place):
    "A run whose checkpoint was written on a CPU goes on here: its rates are tensors again."
    steps, where = place.some(40, 16), 'moved'
    kw = STILL | dict(graphs='auto')
    whole = losses(quietly(trainer(place, steps, **kw, device='cpu')))
    here = trainer(place, steps, where=where, **kw)
    there = trainer(place, steps, [stop_at(steps // 2)], 'begun', **kw, device='cpu')
    quietly(there)
    (there.run.folder / 'checkpoint').rename(here.run.folder / 'checkpoint')
    (there.run.folder / 'events.jsonl').rename(here.run.folder / 'events.jsonl')
    (there.run.folder / 'environment.json').rename(here.run.folder / 'environment.json')
    far = apart(losses(quietly(here)), whole)
    place.write('check', 'begun on a CPU', far=far, ok=far <= 5e-3)


@item('check', 60)
def evaluation(place: Place):
    "Predictions of MiniLM on real dev rows, here and on the CPU."
    kw = dict(preset='seed', encoder='minilm', data='data/cs224n', pooling='mean', n_pals=3)
    kw |= dict(limit='all=200', limit_dev=place.some(0, 20), lr=5e-5)
    kw |= dict(steps_per_epoch=place.some('40', '2'), epochs=1, predict_test=False)
    kw |= dict(checkpoint_every=0, precision='fp32')
    t = Trainer(make_settings(**kw, device=place.device), place.scratch / 'check' / 'evaluation')
    quietly(t)
    here = t.judge('dev', t.predictions('dev'))
    t.model.cpu()
    t.device = torch.device('cpu')
    there = t.judge('dev', t.predictions('dev'))
    far = max(abs(here[k]['metric'] - there[k]['metric']) for k in here)
    place.write('check', 'evaluation', far=far, ok=far <= 1e-3)


@item('check', 60)
def memory_is_flat(place: Place):
    "Memory at ten places of 2,000 steps, after all shapes were seen."
    steps = place.some(2000, 60)
    t = trainer(place, steps, scheduler='round_robin', dropout=0.1)
    t.restore()
    marks, seen = np.linspace(steps // 5, steps, 10).astype(int).tolist(), []
    while t.step < steps:
        t.train_step()
        if t.step in marks:
            t.flush()
            gc.collect()
            used = torch.cuda.memory_allocated() if place.cuda else 0
            kept = torch.cuda.memory_reserved() if place.cuda else 0
            seen.append((t.step, used, kept, len(t.graphs.known)))
    growth = seen[-1][1] - seen[len(seen) // 2][1]
    place.write('check', 'memory', seen=seen, growth=growth, ok=growth < 2**20)


@item('check', 40)
def where_the_host_waits(place: Place):
    "Calls that wait for the device, by place in the code, and the host's own seconds."
    for name in ('round_robin', 'dynamic'):
        t = trainer(place, 4000, scheduler=name, kpi_window=32)
        t.restore()
        for _ in range(place.some(300, 20)):
            t.train_step()
        t.flush()
        steps = place.some(100, 10)
        began = time.perf_counter()
        for _ in range(steps):
            t.train_step()
        host = (time.perf_counter() - began) / steps
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            if place.cuda:
                torch.cuda.set_sync_debug_mode('warn')
            for _ in range(steps):
                t.train_step()
            if place.cuda:
                torch.cuda.set_sync_debug_mode('default')
        at = collections.Counter(f'{w.filename.rsplit("/", 1)[-1]}:{w.lineno}' for w in caught)
        waits = sum(at.values()) / steps
        few = waits < 0.2 or name == 'dynamic'  # only that scheduler needs each step's answer
        place.write(
            'check', f'waits, {name}', waits_a_step=waits, at=dict(at.most_common(8)),
            microseconds_a_step=1e6 * host, ok=few,
        )  # fmt: skip


@item('check', 40)
def what_a_recording_costs(place: Place):
    "Seconds of a key's first, second and later steps, and memory a recording."
    t = trainer(place, 4000, scheduler='round_robin')
    t.restore()
    plain_record, took = t.graphs.record, []

    def record(key, inputs):
        began = time.perf_counter()
        before = torch.cuda.memory_reserved() if place.cuda else 0
        out = plain_record(key, inputs)
        after = torch.cuda.memory_reserved() if place.cuda else 0
        took.append((time.perf_counter() - began, after - before))
        return out

    t.graphs.record = record
    for _ in range(place.some(300, 30)):
        t.train_step()
    keys = len(t.graphs.known)
    place.write(
        'check', 'recordings', keys=keys, recorded=len(took),
        seconds_each=float(np.median([s for s, _ in took])) if took else None,
        slowest=max((s for s, _ in took), default=None), bytes_in_all=sum(b for _, b in took),
        ok=keys < 60,
    )  # fmt: skip


@item('check', 90)
def recorded_equals_plain(place: Place):
    "Losses of 50 steps, recorded and plain: every scheduler, PALs at both places, the odd ways."
    cases = {
        'sum over tasks': dict(step_loss='sum'),
        'two batches a step': dict(accumulate=2),
        'cross, first token': dict(pairs='cross', pooling='pooler'),
    }
    for at, kind in itertools.product(('attention', 'final'), ('pal', 'lowrank')):
        cases[f'{kind} at {at}'] = dict(n_pals=2, pal_at=at, pal_kind=kind)
    cases |= {name: dict(scheduler=name) for name in SCHEDULERS}
    cases |= {'no clipping': dict(clip=0), 'cosine': dict(pairs='cosine')}
    if place.tiny:
        cases = {k: cases[k] for k in ('dynamic', 'pal at final', 'two batches a step')}
    for name, kw in cases.items():
        what, steps = f'recorded = plain: {name}', place.some(50, 12)
        if place.left() < 8:
            place.write('check', what, skipped='no time left')
            continue
        on = trainer(place, steps, **(STILL | kw))
        off = trainer(place, steps, graphs='off', **(STILL | kw))
        far = apart(losses(quietly(on)), losses(quietly(off)))
        place.write('check', what, far=far, keys=len(on.graphs.known), ok=far <= 1e-4)


@item('check', 60)
def notebook_cells(place: Place):
    "The cells that are flagged `cuda`."
    swap = {}
    if place.tiny:  # a CPU records nothing, so that the body is called at every step
        swap = {"'cuda'": "'cpu'", "check('cpu')), 6)": "check('cpu')), 40)"}
        three = '(dict(), dict(accumulate=2), dict(step_loss=\'sum\'))'
        swap |= {f'in {three}': 'in (dict(accumulate=2),)'}

    def change(source):
        for old, new in swap.items():
            source = source.replace(old, new)
        return source

    try:
        for name in ('15_graphs', '39_training', '70_faults'):
            with contextlib.redirect_stdout(io.StringIO()):
                n = run_flagged(ROOT / 'nbs' / f'{name}.ipynb', change=change)
            place.write('check', f'cells of {name}', cells=n, ok=n > 0)
    finally:
        torch.use_deterministic_algorithms(False)  # chapter 70 asks for them


@contextlib.contextmanager
def broken(how: str):
    "Recordings that play something else than what they were given."
    call = Graphs.__call__

    def stale_rows(self, key, *inputs):
        kept = self.__dict__.setdefault('first', {}).setdefault(key, [x.clone() for x in inputs])
        return call(self, key, kept[0], *inputs[1:])

    def stale_weight(self, key, *inputs):
        kept = self.__dict__.setdefault('first', {}).setdefault(key, [x.clone() for x in inputs])
        return call(self, key, inputs[0], *kept[1:])

    def same_dropout(self, key, *inputs):
        torch.manual_seed(1)
        return call(self, key, *inputs)

    def stale_rate(self, key, *inputs):
        for group in self.body.__self__.optimizer.param_groups:
            group['lr'] = 1e-2
        return call(self, key, *inputs)

    def one_more_step(self, key, *inputs):
        if len(self.known) == 3:
            call(self, key, *inputs)
        return call(self, key, *inputs)

    Graphs.__call__ = locals()[how]
    try:
        yield
    finally:
        Graphs.__call__ = call


@item('rehearsal', 60)
def the_checks_can_fail(place: Place):
    "Each fault is found by the check that is there for it."
    for how, check, found in [
        ('stale_rows', what_changes_between_replays, 'rows are read'),
        ('stale_weight', what_changes_between_replays, 'loss weight is read'),
        ('stale_rate', what_changes_between_replays, 'rate 0 moves nothing'),
        ('same_dropout', dropout_is_fresh, 'replays draw differently'),
        ('one_more_step', the_limit_of_recordings, 'beyond the limit'),
        ('one_more_step', recorded_equals_plain, 'recorded = plain: pal at final'),
    ]:
        seen = {}
        listening = copy.copy(place)
        listening.write = lambda stage, name, **what: seen.update({name: what.get('ok')})
        with broken(how):
            check(listening)
        place.write('rehearsal', f'{how}: {found}', ok=seen[found] is False)


@item('rehearsal', 60)
def a_gpu_error(place: Place):
    "Written down; a new process goes on behind it."
    raise RuntimeError('CUDA error: made up for the rehearsal')


@item('rehearsal', 0.2)
def a_hang(place: Place):
    "Written down when its time is over; a new process goes on behind it."
    time.sleep(600)


@item('rehearsal', 60)
def the_day_went_on(place: Place):
    said = {line['item']: line['error'] for line in place.read('rehearsal') if 'error' in line}
    ok = 'made up' in said['a_gpu_error'] and 'longer' in said['a_hang'] and len(said) == 2
    place.write('rehearsal', 'behind an error and a hang', ok=ok)
