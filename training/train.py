"""Train the reader: seeded, resumable, with a schedule that ends on time."""

import itertools
import json
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor
from torch.nn import functional

from answer.exported import MANIFEST
from training.examples import Asked, Mixture, build_epoch, training_paragraphs
from training.network import ReaderNetwork
from training.shipped import Trained, read_shipped
from training.sources import held_out_titles, read_clapnq, read_reports, read_squad, reports_digest
from training.start import SHAPES, encoder_state, tokenizer_file
from training.teacher import Judgement, Teacher, distance

CHECKPOINT = "checkpoint.pt"
FOLDERS = ("after", "teacher")  # settings that name a folder on the machine that trains
_CHUNK = 1024  # questions encoded with their windows and sorted by length together
_IGNORED = -100
_IMPOSSIBLE = -1e4


class TrainingError(Exception):
    """The run can't start or go on as asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of one run; a resumed run must have the same ones.

    With `examples` the learning rate falls to zero at that many examples, with `minutes` at that
    much training time (resumptions counted in); exactly one of the two is given.
    """

    seed: int = 13
    base: str = "minilm"  # or "mpnet", eight times the work, to teach with
    # How many of the first layers stay as they were; all embeddings do with them, so that there a
    # separator alone tells the question from the window.
    frozen_layers: int = 0
    minutes: float | None = None
    examples: int | None = None
    peak_rate: float = 1.2e-4
    head_rate_factor: float = 5.0
    warmup_share: float = 0.06
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    batch_tokens: int = 3072  # padded tokens a step: about 24 examples of 128
    max_tokens: int = 256  # question and window together
    max_question_tokens: int = 48
    answerable_weight: float = 1.0
    # Share of both losses in which the windows of a question compete with each other and with "no
    # answer"; the rest judges each by itself.
    together: float = 0.5
    negatives: float = 1.0  # share of the recipe's made negatives, to compare with fewer or none
    # How often an epoch goes through the reports, and the share of the data sets' questions that it
    # uses: a run that goes on from one that has seen them all needs fewer.
    reports: int = 2
    data_sets: float = 1.0
    # Share of the windows that are a sentence or two, near to what a second reader looks at.
    short_windows: float = 0.08
    checkpoint_minutes: float = 5.0
    threads: int = 2
    # "bfloat16" rounds what the matrix products take, weights stay float32: faster where the
    # processor multiplies in it (AMX, AVX-512 BF16).
    precision: str = "float32"
    # The folder of a finished run, or of a model as it is shipped, to go on from with a fresh
    # schedule; empty starts from `base`.
    after: str = ""
    # The folder of an exported reader to learn from beside the data; empty for none. It reads every
    # batch anew, since hardly an example comes twice.
    teacher: str = ""
    teacher_share: float = 0.6  # of both losses, the rest is the data's
    temperature: float = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; losses are means since the last report."""

    step: int
    epoch: int
    examples: int
    seconds: float
    done_share: float
    rate: float
    span_loss: float
    answerable_loss: float
    answerable_right: float
    examples_per_second: float


@dataclass(frozen=True, slots=True)
class Batch:
    """int64 tensors (batch, length); `start` and `end` (batch,), `answerable` float (batch,).

    `asked` (batch,) numbers the questions from 0: windows of one question share its number.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    start: Tensor
    end: Tensor
    answerable: Tensor
    asked: Tensor

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        """What a network reads, in the order in which it takes them."""
        return self.input_ids, self.attention_mask, self.token_type_ids


Row = tuple[Encoding, int, int, float]


def load_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Return the tokenizer for question and window pairs; only the window is ever cut."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="only_second")
    return tokenizer


def token_span(encoding: Encoding, span: tuple[int, int]) -> tuple[int, int] | None:
    """Return the first and last token (both inclusive) of `span`, or None if it is cut off."""
    first = last = None
    for index, (owner, (start, end)) in enumerate(
        zip(encoding.sequence_ids, encoding.offsets, strict=True)
    ):
        if owner == 1 and start < span[1] and end > span[0]:
            first = index if first is None else first
            last = index
    reaches = last is not None and encoding.offsets[last][1] >= span[1]
    return (first, last) if first is not None and last is not None and reaches else None


def _shorten(question: str, tokenizer: Tokenizer, limit: int) -> str:
    if len(question) <= limit:  # a token has at least one character
        return question
    offsets = tokenizer.encode(question, add_special_tokens=False).offsets
    return question if len(offsets) <= limit else question[: offsets[limit - 1][1]]


def _encode(asked: Sequence[Asked], tokenizer: Tokenizer, plan: Plan) -> list[list[Row]]:
    """Return, by question, each window's encoding with its targets.

    These are the span's first and last token (0 is no answer, -100 unknown) and answerability. A
    window whose answer the tokenizer cuts off is left out.
    """
    limit = plan.max_question_tokens
    examples = [example for windows in asked for example in windows]
    pairs = [(_shorten(e.question, tokenizer, limit), e.window) for e in examples]
    encodings = iter(tokenizer.encode_batch(pairs))
    questions: list[list[Row]] = []
    for windows in asked:
        rows: list[Row] = []
        for example in windows:
            encoding = next(encodings)
            if example.span is not None:
                tokens = token_span(encoding, example.span)
                if tokens is not None:
                    rows.append((encoding, *tokens, 1.0))
            elif example.answerable:
                rows.append((encoding, _IGNORED, _IGNORED, 1.0))
            else:
                rows.append((encoding, 0, 0, 0.0))
        if rows:
            questions.append(rows)
    return questions


def _collate(questions: Sequence[Sequence[Row]]) -> Batch:
    rows = [row for windows in questions for row in windows]
    length = max(len(encoding) for encoding, *_ in rows)

    def padded(values: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([[*v, *([0] * (length - len(v)))] for v in values])

    return Batch(
        input_ids=padded([encoding.ids for encoding, *_ in rows]),
        attention_mask=padded([encoding.attention_mask for encoding, *_ in rows]),
        token_type_ids=padded([encoding.type_ids for encoding, *_ in rows]),
        start=torch.tensor([start for _, start, _, _ in rows]),
        end=torch.tensor([end for _, _, end, _ in rows]),
        answerable=torch.tensor([answerable for *_, answerable in rows]),
        asked=torch.tensor([n for n, windows in enumerate(questions) for _ in windows]),
    )


def batches(
    asked: Sequence[Asked], tokenizer: Tokenizer, plan: Plan, epoch: int
) -> Iterator[Batch]:
    """Yield an epoch's batches of similar lengths in a random order that the seed decides.

    All windows of a question are in one batch.
    """
    random_source = random.Random(f"{plan.seed}:{epoch}:order")
    for at in range(0, len(asked), _CHUNK):
        questions = _encode(asked[at : at + _CHUNK], tokenizer, plan)
        questions.sort(key=_longest)
        groups: list[list[list[Row]]] = [[]]
        windows = 0
        for rows in questions:
            if (windows + len(rows)) * _longest(rows) > plan.batch_tokens and groups[-1]:
                groups.append([])
                windows = 0
            groups[-1].append(rows)
            windows += len(rows)
        random_source.shuffle(groups)
        yield from (_collate(group) for group in groups if group)


def _longest(rows: Sequence[Row]) -> int:
    return max(len(encoding) for encoding, *_ in rows)


def losses(
    network: torch.nn.Module, batch: Batch, judgement: Judgement | None, plan: Plan
) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean span loss, mean answerability loss, and the share of right answerabilities.

    A question whose windows share a batch is judged by each window alone and, for `plan.together`
    of both losses, by all of them at once (Clark and Gardner 2018, "shared-normalization"): what is
    read in several passages is compared between them. With a teacher's judgement of the batch,
    `plan.teacher_share` of both losses comes from it.
    """
    with torch.autocast("cpu", torch.bfloat16, enabled=plan.precision == "bfloat16"):
        outputs = network(*batch.inputs)
    start, end, answerable = (output.float() for output in outputs)
    # [CLS] stands for "no answer"; question, separators and padding can't be chosen.
    allowed = batch.token_type_ids.bool()
    allowed[:, 0] = True
    start = start.masked_fill(~allowed, _IMPOSSIBLE)
    end = end.masked_fill(~allowed, _IMPOSSIBLE)
    known = (batch.start != _IGNORED).sum().clamp(min=1)
    span = (
        functional.cross_entropy(start, batch.start, reduction="sum", ignore_index=_IGNORED)
        + functional.cross_entropy(end, batch.end, reduction="sum", ignore_index=_IGNORED)
    ) / (2 * known)
    right_windows = batch.answerable > 0.5
    among = (
        _among_windows(start, batch.start, right_windows, batch.asked)
        + _among_windows(end, batch.end, right_windows, batch.asked)
    ) / 2
    span = (1 - plan.together) * span + plan.together * among
    judged = functional.binary_cross_entropy_with_logits(answerable, batch.answerable)
    among = _loss_of_choice(
        answerable, answerable.masked_fill(~right_windows, _IMPOSSIBLE), batch.asked
    )
    judged = (1 - plan.together) * judged + plan.together * among
    if judgement is not None:
        share = plan.teacher_share
        taught = sum(
            distance(ours, theirs.masked_fill(~allowed, _IMPOSSIBLE), plan.temperature)
            for ours, theirs in ((start, judgement.start), (end, judgement.end))
        )
        span = (1 - share) * span + share * taught / 2
        theirs = judgement.answerable.sigmoid()
        agreed = functional.binary_cross_entropy_with_logits(answerable, theirs)
        judged = (1 - share) * judged + share * agreed
    right = ((answerable > 0) == right_windows).float().mean()
    return span, judged, right


def _among_windows(logits: Tensor, targets: Tensor, right: Tensor, asked: Tensor) -> Tensor:
    """Return the loss of choosing a token among all windows of a question, mean over questions.

    Logits (batch, length), relative to each window's own "no answer". Where the span is unknown,
    any token of a right window will do.
    """
    above = logits[:, 1:] - logits[:, :1]
    offered = above.logsumexp(dim=1)
    place = (targets - 1).clamp(min=0)
    wanted = torch.where(targets > 0, above.gather(1, place[:, None])[:, 0], offered)
    return _loss_of_choice(offered, wanted.masked_fill(~right, _IMPOSSIBLE), asked)


def _loss_of_choice(offered: Tensor, wanted: Tensor, asked: Tensor) -> Tensor:
    """Return the mean over questions of -log P(what is right), "nothing" having the logit 0.

    `offered` and `wanted` (batch,) are the log odds of all that a window offers and of what is
    right in it; where no window of a question has anything right, "nothing" is.
    """
    questions = torch.arange(int(asked.max()) + 1)
    same = asked[None, :] == questions[:, None]
    nothing = offered.new_zeros(len(questions), 1)
    every = torch.cat((offered.expand_as(same).masked_fill(~same, _IMPOSSIBLE), nothing), dim=1)
    found = wanted.expand_as(same).masked_fill(~same, _IMPOSSIBLE).logsumexp(dim=1)
    found = torch.where(found > _IMPOSSIBLE / 2, found, 0.0)
    return (every.logsumexp(dim=1) - found).mean()


def _optimizer(network: ReaderNetwork, plan: Plan) -> torch.optim.AdamW:
    # The word vectors stay as they were: their dense gradient would cost more than a layer.
    network.words.weight.requires_grad_(False)
    if plan.frozen_layers:
        lowest = [network.positions, network.segments, network.norm]
        for module in (*lowest, *network.layers[: plan.frozen_layers]):
            module.requires_grad_(False)
        if network.shape.relative_buckets:
            network.relative.requires_grad_(False)
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            head = name.startswith(("span", "judge", "answerable"))
            groups.setdefault((head, parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "factor": plan.head_rate_factor if head else 1.0,
                "weight_decay": plan.weight_decay if decays else 0.0,
            }
            for (head, decays), parameters in groups.items()
        ],
        lr=plan.peak_rate,
        fused=True,
    )


def rate_at(done_share: float, plan: Plan) -> float:
    """Return the learning rate at a share of the run: linear warm-up, then linear to zero."""
    if done_share < plan.warmup_share:
        return plan.peak_rate * max(done_share / plan.warmup_share, 0.01)
    return plan.peak_rate * max(0.0, (1 - done_share) / (1 - plan.warmup_share))


def _save(state: dict[str, object], path: Path) -> None:
    staged = path.with_suffix(".new")
    torch.save(state, staged)
    os.replace(staged, path)


def read_plan(work: Path) -> Plan:
    """Return the settings of the run in `work`; a setting younger than it has its default.

    Runs from before questions were put to several windows at once judged each by itself.
    Raises TrainingError if there are none that this version knows.
    """
    path = work / "plan.json"
    try:
        return Plan(**{"together": 0.0, **json.loads(path.read_text())})
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{path}: {error}; expected the settings of a run") from error


def read_checkpoint(work: Path) -> dict[str, Any]:
    """Return where the run in `work` stands; raises TrainingError if there is nothing."""
    try:
        state: dict[str, Any] = torch.load(work / CHECKPOINT, weights_only=True)
    except OSError as error:
        raise TrainingError(f"no run in {work}: {error}") from error
    return state


def run_record(plan: Plan, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a manifest says of a run: settings, counters, its teacher and its reports."""
    settings = {name: value for name, value in asdict(plan).items() if name not in FOLDERS}
    counters = {name: state[name] for name in ("step", "examples", "seconds", "epoch")}
    # Runs from before reports and teachers had neither.
    learnt = {name: state.get(name) for name in ("teacher", "reports")}
    return {"plan": settings, "run": counters, **learnt}


def read_trained(folder: Path, base: str) -> Trained:
    """Return what a further run goes on from: a run's last checkpoint, else a model as shipped.

    Raises TrainingError if `folder` holds neither or began from another base, and what
    `read_shipped` raises.
    """
    if (folder / CHECKPOINT).exists():
        plan, state = read_plan(folder), read_checkpoint(folder)
        runs = [*state.get("earlier", []), run_record(plan, state)]
        trained = Trained(plan.base, state["network"], runs)
    elif (folder / MANIFEST).exists():
        trained = read_shipped(folder)
    else:
        raise TrainingError(
            f"{folder} holds neither a run ({CHECKPOINT}) nor a model ({MANIFEST}): name a folder "
            "that training or export wrote"
        )
    if trained.base != base:
        raise TrainingError(
            f"{folder} started from {trained.base}, expected {base}: name another, or train with "
            f"--base {trained.base}"
        )
    return trained


def _check(plan: Plan) -> None:
    if (plan.minutes is None) == (plan.examples is None):
        raise TrainingError("give either minutes or examples")
    if plan.base not in SHAPES:
        raise TrainingError(f"{plan.base!r} is no base; expected one of {', '.join(SHAPES)}")
    if plan.precision not in ("float32", "bfloat16"):
        raise TrainingError(f"precision {plan.precision!r}; expected float32 or bfloat16")
    layers = SHAPES[plan.base].layers
    if not 0 <= plan.frozen_layers <= layers:
        raise TrainingError(f"{plan.frozen_layers} frozen layers; {plan.base} has {layers}")
    for name in ("short_windows", "data_sets", "together", "negatives"):
        if not 0 <= getattr(plan, name) <= 1:
            raise TrainingError(f"{name} {getattr(plan, name)}; expected a share from 0 to 1")
    if plan.temperature <= 0 or not 0 <= plan.teacher_share <= 1:
        raise TrainingError(
            f"temperature {plan.temperature}, teacher's share {plan.teacher_share}; expected a "
            "temperature above 0 and a share from 0 to 1"
        )


def train(data: Path, work: Path, plan: Plan, *, resume: bool) -> Iterator[Progress]:
    """Train into `work`, yielding Progress about every 20 seconds and after the last step.

    `work/checkpoint.pt` is replaced as a whole every `plan.checkpoint_minutes`; `work/plan.json`
    holds the settings. Raises TrainingError when `plan` makes no sense, when `work` holds a run and
    `resume` is false, or when that run's settings or reports are others; StartError, SourceError
    and ReaderError when the start's weights, the data or the teacher cannot be read, and what
    `read_trained` raises.
    """
    _check(plan)
    work.mkdir(parents=True, exist_ok=True)
    checkpoint, settings = work / CHECKPOINT, work / "plan.json"
    if checkpoint.exists() and not resume:
        raise TrainingError(f"{checkpoint} exists: pass --resume, or name another folder")
    if resume and settings.exists():
        begun, now_asked = asdict(read_plan(work)), asdict(plan)
        differing = [
            f"{n} {begun[n]!r}, not {now_asked[n]!r}" for n in begun if begun[n] != now_asked[n]
        ]
        if differing:
            raise TrainingError(f"{settings} has {'; '.join(differing)}: resume with its settings")
    reports = reports_digest()
    state = read_checkpoint(work) if resume and checkpoint.exists() else None
    if state is not None and state.get("reports") != reports:
        raise TrainingError(
            f"{work} was begun with other reports than training/reports holds: begin it anew"
        )
    earlier: list[dict[str, Any]] = []
    if state is not None:
        start, earlier = state["network"], state.get("earlier", [])
    elif plan.after:
        before = read_trained(Path(plan.after), plan.base)
        start, earlier = before.weights, before.runs
    else:
        start = encoder_state(plan.base)
    settings.write_text(json.dumps(asdict(plan), indent=1) + "\n")

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    network = ReaderNetwork(SHAPES[plan.base])
    # Packaged encoders have no heads: those begin at random.
    network.load_state_dict(start, strict=state is not None or bool(plan.after))
    optimizer = _optimizer(network, plan)
    tokenizer = load_tokenizer(tokenizer_file(), plan.max_tokens)
    step = examples = epoch = batches_done = 0
    seconds = 0.0
    teacher = Teacher(Path(plan.teacher), plan.threads) if plan.teacher else None
    if state is not None:
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        step, examples, seconds = state["step"], state["examples"], state["seconds"]
        epoch, batches_done = state["epoch"], state["batches_done"]

    reading = data / "reading"
    squad2 = read_squad(reading / "squad2-dev.json.gz")
    squad1 = read_squad(reading / "squad1-dev.json.gz")
    others = [
        paragraph
        for domain in ("wiki", "reddit", "amazon")
        for paragraph in read_squad(reading / f"squadshifts-{domain}.json.gz")
    ]
    others += read_reports()[0]
    paragraphs = training_paragraphs(squad2, squad1, others, held_out_titles(squad2))
    judged, _ = read_clapnq(data / "refusal")
    mixture = (
        Mixture(reports=plan.reports, data_sets=plan.data_sets)
        .with_negatives(plan.negatives)
        .with_short_windows(plan.short_windows)
    )

    def done_share() -> float:
        if plan.minutes is not None:
            return seconds / (60 * plan.minutes)
        return examples / (plan.examples or 1)

    def save() -> None:
        _save(
            {
                "network": network.state_dict(),
                "optimizer": optimizer.state_dict(),
                "random": torch.get_rng_state(),
                "step": step,
                "examples": examples,
                "seconds": seconds,
                "epoch": epoch,
                "batches_done": batches_done,
                "earlier": earlier,
                "teacher": teacher and teacher.training,
                "reports": reports,
            },
            checkpoint,
        )

    network.train()
    sums, steps_summed, examples_then = torch.zeros(3), 0, examples
    clock = reported = time.monotonic()
    saved = clock
    for current in itertools.count(epoch):
        made = build_epoch(paragraphs, judged, mixture, plan.seed, current)
        for index, batch in enumerate(batches(made, tokenizer, plan, current)):
            if current == epoch and index < batches_done:
                continue
            if done_share() >= 1:
                break
            rate = rate_at(done_share(), plan)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
            judgement = teacher.read(*batch.inputs) if teacher else None
            span, answerable, right = losses(network, batch, judgement, plan)
            torch.autograd.backward(span + plan.answerable_weight * answerable)
            torch.nn.utils.clip_grad_norm_(
                [p for p in network.parameters() if p.grad is not None], plan.clip_norm
            )
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            sums += torch.stack((span, answerable, right)).detach()
            steps_summed += 1
            step += 1
            examples += len(batch.answerable)
            epoch, batches_done = current, index + 1
            now = time.monotonic()
            seconds += now - clock
            clock = now
            if now - saved >= 60 * plan.checkpoint_minutes:
                save()
                saved = now
            if now - reported >= 20 or done_share() >= 1:
                means = sums / steps_summed
                yield Progress(
                    step=step,
                    epoch=epoch,
                    examples=examples,
                    seconds=seconds,
                    done_share=done_share(),
                    rate=rate,
                    span_loss=float(means[0]),
                    answerable_loss=float(means[1]),
                    answerable_right=float(means[2]),
                    examples_per_second=(examples - examples_then) / (now - reported),
                )
                sums, steps_summed, examples_then, reported = torch.zeros(3), 0, examples, now
        if done_share() >= 1:
            break
        epoch, batches_done = current + 1, 0
    save()


def progress_line(progress: Progress) -> str:
    """Return a progress report as one line of name=value pairs."""
    values = ((field.name, getattr(progress, field.name)) for field in fields(progress))
    return " ".join(f"{n}={v:.4g}" if isinstance(v, float) else f"{n}={v}" for n, v in values)
