"""Stage `race`: how fast, at BERT-base's shape and MiniLM's, beside a plain loop and transformers'
Trainer; where the time goes; and how many runs side by side bring most."""

import dataclasses
import gc
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from palmtl.bert import BertConfig
from palmtl.batches import load_tokenizer
from palmtl.dev.contestants import Field, HuggingFace, Ours, Plain, lineup
from palmtl.dev.measures import fresh_encoder
from palmtl.settings import make_settings
from palmtl.speed import floor_seconds, machine_rates
from palmtl.training import Trainer
from place import Place, item

HERE = Path(__file__).resolve().parent
FIELDS = {}  # shape -> Field of batch 8; the others stand beside it
PLAYERS = dict(  # in the order in which they are measured: what is asked first comes first
    recorded=lambda f, **kw: Ours(f, graphs='on', **kw),
    plain=lambda f, **kw: Ours(f, graphs='off', **kw),
    loop=lambda f: Plain(f),
    trainer=lambda f: HuggingFace(f, tuned=True),
)
SHAPES = 'bert-base', 'minilm'


def field(place: Place, shape: str, batch: int) -> Field:
    "The data and an encoder of that shape, at a batch size."
    if shape not in FIELDS:
        encoder = 'minilm'
        if shape == 'bert-base' or place.tiny:
            config = BertConfig()
            if place.tiny:
                small = dict(hidden_size=96, num_hidden_layers=2, intermediate_size=192)
                config = dataclasses.replace(config, **small)
            tokenizer = load_tokenizer('minilm')
            encoder = str(fresh_encoder(place.scratch / f'fresh-{shape}', config, tokenizer))
        given = next(((f.rows, f.tokens) for f in FIELDS.values()), None)
        common = dict(encoder=encoder, data='data/cs224n', lr=1e-4, device=place.device)
        common |= dict(limit=f'all={place.some(3000, 100)}', limit_dev=place.some(400, 12))
        FIELDS[shape] = Field(given, batch_size=8, **common)
    return FIELDS[shape].beside(batch_size=batch, lr=1e-4)


def rates(place: Place, precision: str) -> dict:
    "What the machine can do at most, measured."
    names = 'flops_per_second', 'bytes_per_second'
    return dict(zip(names, machine_rates(place.device, precision, torch.get_num_threads())))


def figures(place: Place, f: Field, stretch, precision: str) -> dict:
    "Microseconds a step, real tokens a second, times the floor, MFU."
    cost = f.start[2] | rates(place, precision)
    seconds, tokens = stretch.seconds, stretch.tokens
    return dict(
        us_a_step=1e6 * seconds / stretch.steps,
        tokens_per_second=tokens / seconds,
        floor_us=1e6 * floor_seconds(cost, tokens, stretch.steps) / stretch.steps,
        floor_ratio=seconds / floor_seconds(cost, tokens, stretch.steps),
        mfu=tokens * cost['flops_per_token'] / seconds / cost['flops_per_second'],
        real_share=tokens / stretch.places,
        steps=stretch.steps,
        precision=precision,
    )


def measure(place: Place, shape: str, batch: int, name: str, warm: int, steps: int, **kw):
    "One contestant: some steps to warm up, then three stretches; the median, and the range."
    f = field(place, shape, batch)
    if place.cuda:  # a contestant before this one may be held by a cycle of references
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    player = PLAYERS[name](f, **kw)
    player.advance(warm)
    took = sorted((player.advance(steps) for _ in range(3)), key=lambda s: s.seconds / s.tokens)
    memory = dict(memory=torch.cuda.max_memory_allocated()) if place.cuda else {}
    precision = 'fp32' if name == 'loop' else f.precision
    out = figures(place, f, took[1], precision) | memory
    out |= dict(least=took[2].tokens / took[2].seconds, most=took[0].tokens / took[0].seconds)
    if name == 'recorded':
        out |= dict(keys=len(player.graphs.known))
    pals = kw.get('n_pals', 0)
    what = f'{shape}, batch {batch}, {name}' + (f', {pals} PALs' if pals else '')
    place.write('race', what, shape=shape, batch=batch, player=name, n_pals=pals, **out)
    return player


def compare(place: Place, shape: str, batch: int):
    "All four at one shape and batch size; the slow ones do fewer steps."
    for name in PLAYERS:
        if place.left() < 5:
            place.write('race', f'{shape}, batch {batch}, {name}', skipped='no time left')
            continue
        fast = name == 'recorded'
        warm = place.some(180 if fast else 12, 6 if fast else 3)
        if name == 'trainer' and 'c' not in lineup():
            place.write('race', f'{shape}, batch {batch}, {name}', skipped='there is no accelerate')
            continue
        measure(place, shape, batch, name, warm, place.some(150 if fast else 30, 3))


@item('race', 60)
def most_that_is_possible(place: Place):
    "The rates from which the floor is computed."
    for precision in ('fp32', 'bf16'):
        place.write('race', f'rates {precision}', precision=precision, **rates(place, precision))


@item('race', 60)
def bert_base_8(place: Place):
    compare(place, 'bert-base', 8)


@item('race', 45)
def minilm_8(place: Place):
    compare(place, 'minilm', 8)


KINDS = [  # what a kernel is for, by its name; the first that fits
    ('attention', r'attention|fmha|flash|mem_eff|sdpa|cudnn.*(sdpa|attn)|efficient'),
    ('products', r'gemm|gemv|cublas|cutlass|addmm|::mm|::bmm|matmul|linear|nvjet|xmma'),
    ('optimiser', r'adam|multi_tensor|foreach|FusedOptimizer'),
    ('layer norm', r'layer_?norm|LayerNorm'),
    ('softmax, losses', r'softmax|nll|cross_entropy|mse|bce|binary_cross'),
    ('dropout', r'dropout|random|philox'),
    ('embedding, rows', r'embed|index|gather|scatter|where|arange'),
    ('copies, casts', r'memcpy|memset|copy|cast|_to_|fill|zero|cat'),
    ('sums', r'reduce|norm|sum|mean'),
]


def kind_of(name: str) -> str:
    return next((k for k, pattern in KINDS if re.search(pattern, name, re.I)), 'the rest')


def profile(place: Place, player, steps: int) -> dict:
    "Microseconds a step on the device by kind of kernel, kernels a step, and the busiest ones."
    from torch.profiler import ProfilerActivity, profile as record

    activities = [ProfilerActivity.CUDA] if place.cuda else [ProfilerActivity.CPU]
    with record(activities=activities) as seen:
        player.advance(steps)
    value = 'self_device_time_total' if place.cuda else 'self_cpu_time_total'
    kinds, calls, named = {}, 0, []
    for event in seen.key_averages():
        us = getattr(event, value) / steps
        if place.cuda and not us:
            continue  # a call of the host
        kinds[kind_of(event.key)] = kinds.get(kind_of(event.key), 0) + us
        calls += event.count
        named.append((round(us, 2), event.count / steps, event.key[:90]))
    top = sorted(named, reverse=True)[:25]
    return dict(us_by_kind=kinds, us=sum(kinds.values()), calls_a_step=calls / steps, top=top)


@item('race', 60)
def where_the_time_goes(place: Place):
    "A profile of 20 recorded steps, and of 20 plain ones."
    for shape in SHAPES:
        for name in ('recorded', 'plain'):
            player = PLAYERS[name](field(place, shape, 8))
            player.advance(place.some(120 if name == 'recorded' else 12, 3))
            what = profile(place, player, place.some(20, 2))
            place.write('race', f'profile {shape}, {name}', shape=shape, player=name, **what)


COMMAND = [sys.executable, '-u', str(HERE / 'side.py')]


def side_by_side(place: Place, counts, seconds: float, **more):
    "The first n of a row of processes train for some seconds; steps a second, of all together."
    n, streams = max(counts), dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    words = [json.dumps(side_settings(place) | more), str(place.scratch / 'side')]
    children = [subprocess.Popen([*COMMAND, *words, str(i)], **streams) for i in range(n)]
    try:
        for child in children:
            if child.stdout.readline().strip() != 'ready':
                raise RuntimeError('a process beside others did not come up')
        for count in counts:
            for child in children[:count]:
                print(seconds, file=child.stdin, flush=True)
            steps = [json.loads(child.stdout.readline()) for child in children[:count]]
            rate = sum(s['steps'] / s['seconds'] for s in steps)
            place.write('race', f'side by side, {count}', side=count, steps_per_second=rate, **more)
    finally:
        for child in children:
            child.kill()


def side_settings(place: Place) -> dict:
    "The paper's run, as in stage `grid`."
    return dict(
        preset='seed', encoder='minilm', data='data/cs224n', pooling='mean', lr=5e-5, head_lr=1e-3,
        precision='auto', scheduler='annealed', steps_per_epoch='2265', epochs=10,
        limit_dev=place.some(500, 12), limit=f'all={place.some(100000, 100)}',
        predict_test=False, checkpoint_every=0, device=place.device, graphs='on',
        threads=1, n_pals=place.some(3, 2),
    )  # fmt: skip


@item('race', 75)
def runs_side_by_side(place: Place):
    "Processes that share the GPU. (Threads of one process would share one generator: not built.)"
    side_by_side(place, place.some((1, 2, 4, 8), (1, 2)), place.some(4.0, 1.0))


@item('race', 30)
def what_pals_cost(place: Place):
    "A recorded step with 12 PALs and without, in turns, at BERT-base's shape."
    layers = field(place, 'bert-base', 8).start[0].num_hidden_layers
    for batch in place.some((8, 32), (8,)):
        f = field(place, 'bert-base', batch)
        players = {n: PLAYERS['recorded'](f, n_pals=n) for n in (0, layers)}
        for p in players.values():
            p.advance(place.some(150, 3))
        took = {n: [] for n in players}
        for _ in range(place.some(5, 2)):
            for n, p in players.items():
                s = p.advance(place.some(60, 3))
                took[n].append(s.seconds / s.steps)
        cost = np.array(took[layers]) / np.array(took[0]) - 1
        place.write(
            'race', f'PALs, batch {batch}', batch=batch, n_pals=layers, cost=float(np.median(cost)),
            least=cost.min(), most=cost.max(), us_a_step=1e6 * float(np.median(took[layers])),
        )  # fmt: skip


@item('race', 30)
def evaluation(place: Place):
    "Examples a second over the dev rows."
    for shape in SHAPES:
        f = field(place, shape, 8)
        rows = sum(len(r['dev']) for r in f.rows.values())
        names = ['recorded', 'loop'] + ['trainer'] * ('c' in lineup())
        for name in names:
            what = dict(shape=shape, player=name)
            if place.left() < 5:
                place.write('race', f'evaluation {shape}, {name}', skipped='no time left', **what)
                continue
            player, took = PLAYERS[name](f), []
            player.advance(1)
            for _ in range(3):
                f.sync()
                began = time.perf_counter()
                player.answer()
                f.sync()
                took.append(time.perf_counter() - began)
            what |= dict(examples_per_second=rows / sorted(took)[1])
            place.write('race', f'evaluation {shape}, {name}', **what)


@item('race', 60)
def around_the_steps(place: Place):
    "The paper's run: what it spends in its steps, and outside of them."
    for shape, n_pals in zip(SHAPES, place.some((6, 3), (2, 2))):
        encoder = field(place, shape, 8).settings.encoder
        papers_run(place, shape, side_settings(place) | dict(encoder=encoder, n_pals=n_pals))


def papers_run(place: Place, shape: str, given: dict):
    "Seconds of a start, an evaluation, the best weights and a checkpoint; and of 22,650 steps."
    began = time.perf_counter()
    t = Trainer(make_settings(**given), place.scratch / 'around')
    took = dict(start=time.perf_counter() - began)
    t.restore()
    for _ in range(place.some(400, 6)):
        t.train_step()
    for name, call in dict(
        first_evaluation=lambda: t.predictions('dev'),
        evaluation=lambda: t.judge('dev', t.predictions('dev')),
        best=t.save_best,
        checkpoint=t.checkpoint,
        flush=t.flush,
    ).items():
        began = time.perf_counter()
        call()
        took[name] = time.perf_counter() - began
    began, steps = time.perf_counter(), place.some(1000, 6)
    for _ in range(steps):
        t.train_step()
    t.read_losses()
    step = (time.perf_counter() - began) / steps
    around = 10 * (took['evaluation'] + took['best'] + took['checkpoint']) + took['start']
    place.write(
        'race', f"the paper's run, {shape}", shape=shape, n_pals=given['n_pals'], seconds_of=took,
        us_a_step=1e6 * step, steps_alone=22650 * step, in_all=22650 * step + around,
    )  # fmt: skip


@item('race', 45)
def bert_base_32(place: Place):
    compare(place, 'bert-base', place.some(32, 4))


@item('race', 45)
def bert_base_128(place: Place):
    compare(place, 'bert-base', place.some(128, 4))


@item('race', 45)
def minilm_32(place: Place):
    compare(place, 'minilm', place.some(32, 4))


@item('race', 45)
def minilm_128(place: Place):
    compare(place, 'minilm', place.some(128, 4))
