"""Random recurrent layers, cells and wrappers."""

from draw import activation, attached, data_format, desc, maybe, per_axis
from lib import TFK

KINDS = ["LSTM", "GRU", "SimpleRNN"]


def cell_options(r, kind):
    out = dict(units=r.randint(1, 4), **activation(r, 0.35, without=("glu", "exponential")), **maybe(r, 0.15, use_bias=False), **maybe(r, 0.15, dropout=0.3, recurrent_dropout=0.2))
    if kind != "SimpleRNN":
        out.update(activation(r, 0.35, "recurrent_activation", ("glu", "exponential")))
    if kind == "LSTM":
        out.update(maybe(r, 0.15, unit_forget_bias=False))
    if kind == "GRU":
        out.update(maybe(r, 0.35, reset_after=False))
    return {**out, **attached(r, "kernel", "recurrent", "bias")} if "use_bias" not in out else out


def loop_options(r, time, sequences, stateful=False):
    out = maybe(r, 0.2, go_backwards=True, zero_output_for_mask=True)
    if time is not None and r.random() < 0.15:
        out["unroll"] = True
    if stateful:
        out["stateful"] = True
    if sequences is None:
        sequences = r.random() < 0.5
    return {**out, "return_sequences": sequences} if sequences or r.random() < 0.3 else out


def layer(r, shape, sequences=None, state=None, stateful=None, plain=False):
    """LSTM, GRU, SimpleRNN or RNN over cells. `plain`: no option that a wrapper sets itself."""
    fixed = shape[0] is not None
    stateful = fixed and r.random() < 0.6 if stateful is None else stateful
    loop = loop_options(r, shape[1], sequences, stateful)
    if plain:
        loop.pop("go_backwards", None)
    if state is None:
        state = r.random() < 0.2
    if state:
        loop["return_state"] = True
    if r.random() < 0.22:
        return desc("RNN", cell=cells(r), **loop)
    kind = r.choice(KINDS)
    if TFK:
        loop.update(maybe(r, 0.15, implementation=1, time_major=False))
    else:
        loop.update(maybe(r, 0.1, seed=3))
    return desc(kind, **cell_options(r, kind), **loop)


def cell(r):
    kind = r.choice(KINDS)
    return desc(f"{kind}Cell", **cell_options(r, kind))


def cells(r):
    roll = r.random()
    if roll < 0.5:
        return cell(r)
    several = [cell(r) for _ in range(r.randint(1, 3))]
    return several if roll < 0.75 else desc("StackedRNNCells", cells=several)


def bidirectional(r, shape):
    sequences = r.random() < 0.5
    state = r.random() < 0.15
    inner = layer(r, shape, sequences, state)
    stateful = inner["options"].get("stateful", False)
    if state and stateful:  # Keras 3 cannot call such a layer: bidirectional.py multiplies a generator
        del inner["options"]["return_state"]
        state = False
    options = maybe(r, 0.5, merge_mode=lambda r: r.choice(["sum", "mul", "ave", None, "concat"]))
    if r.random() < 0.25:
        back = layer(r, shape, sequences, state, stateful)
        back["options"]["go_backwards"] = not inner["options"].get("go_backwards", False)
        for key in ("units",):
            if key in inner["options"] and key in back["options"] and r.random() < 0.7:
                back["options"][key] = inner["options"][key]
        options["backward_layer"] = back
    return desc("Bidirectional", layer=inner, **options)


def time_distributed(r, shape, draw_inner):
    """`draw_inner`: shape of a step -> layer description."""
    inner = draw_inner(r, (shape[0], *shape[2:]))
    return inner and desc("TimeDistributed", layer=inner)


def conv_lstm(r, shape):
    n = len(shape) - 3
    padding = {} if r.random() < 0.4 else {"padding": r.choice(["same", "valid"])}
    strides = per_axis(r, n, [1, 2])
    moves = {"strides": strides} if r.random() < 0.3 else maybe(r, 0.2, dilation_rate=2)
    stateful = shape[0] is not None and r.random() < 0.6
    loop = loop_options(r, None, None, stateful)
    loop.pop("zero_output_for_mask", None)
    return desc(f"ConvLSTM{n}D", filters=r.randint(1, 3), kernel_size=per_axis(r, n, [1, 2, 3]), **padding, **moves, **loop, **data_format(r, 0.1 if not TFK else 0),
                **activation(r, 0.25, without=("glu", "exponential")), **activation(r, 0.25, "recurrent_activation", ("glu", "exponential")),
                **maybe(r, 0.15, use_bias=False, return_state=True, dropout=0.2), **maybe(r, 0.1, unit_forget_bias=False))
