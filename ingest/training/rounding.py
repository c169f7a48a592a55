"""Teach an encoder with the rounding that its questions will be read with.

While it is on, each linear map sees its input in 8 bits and its matrix in 7, like the products of
``kb_server.index.int8_products``; gradients pass as if nothing were rounded (Jacob et al. 2018, "Quantization
and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference").
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch.nn import functional

_INPUT_STEPS = 255
_MATRIX_STEPS = 63
_SMALLEST = 1e-8


class Rounding:
    """Rounds inside all linear maps of a module while ``active``."""

    def __init__(self, module: torch.nn.Module) -> None:
        """Take over the linear maps of ``module`` until ``release``."""
        self.active = False
        self.mask: Any = None
        """1 for tokens, 0 for padding (texts, longest): what is padded has no part in a text's range."""
        self._last: tuple[Any, Any] = (None, None)
        self._linears = [part for part in module.modules() if isinstance(part, torch.nn.Linear)]
        for linear in self._linears:
            setattr(linear, "forward", partial(self._forward, linear))  # noqa: B010 - mypy forbids a method

    def release(self) -> None:
        """Give the linear maps back."""
        for linear in self._linears:
            del linear.forward

    def start(self, mask: Any, *, active: bool) -> None:
        """Begin the pass over a batch with ``mask``."""
        self.mask, self.active, self._last = mask, active, (None, None)

    def _forward(self, linear: Any, x: Any) -> Any:
        if not self.active:
            return functional.linear(x, linear.weight, linear.bias)
        return functional.linear(self._rounded(x), _Rows.apply(linear.weight), linear.bias)

    def _rounded(self, x: Any) -> Any:
        """Round ``x`` once for all the maps that read it."""
        if self._last[0] is not x:
            seen = x.detach()
            if seen.dim() > self.mask.dim():
                seen = seen * self.mask[..., None].to(seen.dtype)
            axes = tuple(range(1, seen.dim()))
            low = seen.amin(axes, keepdim=True).clamp(max=0).float()
            high = seen.amax(axes, keepdim=True).clamp(min=0).float()
            self._last = (x, _Range.apply(x, low, high))
        return self._last[1]


class _Range(torch.autograd.Function):  # type: ignore[misc]  # the library is not typed for us
    """Round numbers to 256 steps between ``low`` and ``high``."""

    @staticmethod
    def forward(context: Any, x: Any, low: Any, high: Any) -> Any:
        """Give the rounded numbers, like DynamicQuantizeLinear and back."""
        del context
        step = ((high - low) / _INPUT_STEPS).clamp(min=_SMALLEST)
        zero = torch.round(-low / step)
        whole = (torch.round(x / step) + zero).clamp(0, _INPUT_STEPS)
        return ((whole - zero) * step).to(x.dtype)

    @staticmethod
    def backward(_context: Any, gradient: Any) -> Any:
        """Pass the gradient."""
        return gradient, None, None


class _Rows(torch.autograd.Function):  # type: ignore[misc]  # the library is not typed for us
    """Round a matrix (out, in) to 127 steps by the range of each row."""

    @staticmethod
    def forward(context: Any, matrix: Any) -> Any:
        """Give the rounded matrix."""
        del context
        step = (matrix.abs().amax(dim=1, keepdim=True) / _MATRIX_STEPS).clamp(min=_SMALLEST)
        return torch.round(matrix / step) * step

    @staticmethod
    def backward(_context: Any, gradient: Any) -> Any:
        """Pass the gradient."""
        return gradient
