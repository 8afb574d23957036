"""The reader's network: a transformer encoder over question and window, with three heads."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

HEAD_INIT_STD = 0.02  # BERT's own initialisation


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the encoder; the defaults are those of all-MiniLM-L6-v2.

    With `relative_buckets`, attention also learns from how far two tokens are apart, as in MPNet.

    Dropout stands after the embeddings and before the answerability head only: inside the layers
    it made a step a third slower, and an epoch or two over 40,000 examples is short.
    """

    vocabulary: int = 30522
    positions: int = 512
    layers: int = 6
    width: int = 384
    heads: int = 12
    feed_forward: int = 1536
    norm_epsilon: float = 1e-12
    dropout: float = 0.1
    relative_buckets: int = 0


MINILM = Shape()
MPNET = Shape(layers=12, width=768, feed_forward=3072, norm_epsilon=1e-5, relative_buckets=32)


def distance_buckets(positions: int, buckets: int, farthest: int = 128) -> Tensor:
    """Return the bucket (int64) of each distance from 1 - positions to positions - 1.

    Half of the buckets are for tokens that come later; in each half the nearest distances have a
    bucket each and those up to `farthest` share the rest on a logarithmic scale, as in T5
    (Raffel et al. 2020, section 2.1), whose scheme MPNet uses.
    """
    distances = torch.arange(1 - positions, positions)
    half = buckets // 2
    exact = half // 2
    apart = distances.abs()
    scaled = torch.log(apart.clamp(min=1) / exact) / math.log(farthest / exact)
    shared = (exact + (scaled * (half - exact)).long()).clamp(max=half - 1)
    return (distances > 0) * half + torch.where(apart < exact, apart, shared)


class Layer(nn.Module):
    """One post-norm transformer layer, as in BERT."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.mix = nn.Linear(shape.width, shape.width)
        self.mix_norm = nn.LayerNorm(shape.width, eps=shape.norm_epsilon)
        self.widen = nn.Linear(shape.width, shape.feed_forward)
        self.narrow = nn.Linear(shape.feed_forward, shape.width)
        self.narrow_norm = nn.LayerNorm(shape.width, eps=shape.norm_epsilon)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        """Map hidden (batch, length, width); `bias` is added to attention.

        It broadcasts to (batch, heads, length, length).
        """
        batch, length, width = hidden.shape
        split = self.qkv(hidden).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        # Written out: in bfloat16 PyTorch's own attention trains more slowly.
        attention = (query / math.sqrt(width // self.heads)) @ key.transpose(-1, -2) + bias
        context = attention.softmax(-1) @ value
        context = context.transpose(1, 2).reshape(batch, length, width)
        hidden = self.mix_norm(hidden + self.mix(context))
        fed = self.narrow(functional.gelu(self.widen(hidden)))
        normed: Tensor = self.narrow_norm(hidden + fed)
        return normed


class ReaderNetwork(nn.Module):
    """Question and window in; start and end logits per token and one answerability logit out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.positions, shape.width)
        self.segments = nn.Embedding(2, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=shape.norm_epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        if shape.relative_buckets:
            self.relative = nn.Embedding(shape.relative_buckets, shape.heads)
            buckets = distance_buckets(shape.positions, shape.relative_buckets)
            self.register_buffer("buckets", buckets, persistent=False)
        self.span = nn.Linear(shape.width, 2)
        self.judge = nn.Linear(shape.width, shape.width)
        self.answerable = nn.Linear(shape.width, 1)
        for head in (self.span, self.judge, self.answerable):
            nn.init.normal_(head.weight, std=HEAD_INIT_STD)
            nn.init.zeros_(head.bias)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return start (batch, length), end (batch, length) and answerable (batch,) logits.

        All inputs are int64 of shape (batch, length); position 0 is [CLS], whose span logits stand
        for "no answer here". Logits at padding are meaningless: mask them.
        """
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        hidden = self.words(input_ids) + self.positions(places) + self.segments(token_type_ids)
        hidden = functional.dropout(self.norm(hidden), self.shape.dropout, self.training)
        bias = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -1e4
        if self.shape.relative_buckets:
            distances = places[None, :] - places[:, None] + (self.shape.positions - 1)
            apart = self.relative(self.get_buffer("buckets")[distances])
            bias = bias + apart.permute(2, 0, 1)[None]
        for layer in self.layers:
            hidden = layer(hidden, bias)
        start, end = self.span(hidden).unbind(-1)
        first = functional.dropout(hidden[:, 0], self.shape.dropout, self.training)
        judged = torch.tanh(self.judge(first))
        return start, end, self.answerable(judged).squeeze(-1)
