"""Activations and sums of layers as C functions."""

from collections.abc import Sequence

ACTIVATIONS = {
    "relu": "relu",
    "tanh": "fast_tanh",
    "sigmoid": "sigmoid",
    "silu": "silu",
    "gelu": "gelu",
    "elu": "elu",
    "selu": "selu",
    "leaky_relu": "leaky_relu",
    "softplus": "softplus",
}
"""Keras' names and those of the functions."""

_TANH = """/* the 11th convergent of Lambert's continued fraction (1761), beyond 8.5 its value
   there; in float it is within 1e-6 of tanh */
static inline float fast_tanh(float x)
{
    float y = x > 8.5f ? 8.5f : (x < -8.5f ? -8.5f : x);
    float z = y * y;
    float top = 1.0f + z * (0.144927531f + z * (0.00496894401f + z * (5.8116304e-05f
        + z * (2.37403214e-07f + z * (2.46652671e-10f)))));
    float bottom = 1.0f + z * (0.478260875f + z * (0.0310559012f + z * (0.000610221177f
        + z * (4.27325767e-06f + z * (9.49612833e-09f + z * (3.16221398e-12f))))));
    return y * top / bottom;
}
"""
_FUNCTIONS = {
    "relu": "static inline float relu(float x)\n{\n    return x > 0.0f ? x : 0.0f;\n}\n",
    "tanh": _TANH,
    "sigmoid": "static float sigmoid(float x)\n{\n    return 1.0f / (1.0f + expf(-x));\n}\n",
    "silu": "static float silu(float x)\n{\n    return x / (1.0f + expf(-x));\n}\n",
    "gelu": "static float gelu(float x)\n{\n"
    "    return 0.5f * x * (1.0f + erff(x * 0.707106781f));\n}\n",
    "elu": "static float elu(float x)\n{\n    return x > 0.0f ? x : expm1f(x);\n}\n",
    "selu": "static float selu(float x)\n{\n"
    "    return 1.05070099f * (x > 0.0f ? x : 1.67326324f * expm1f(x));\n}\n",
    "leaky_relu": "static inline float leaky_relu(float x)\n{\n"
    "    return x > 0.0f ? x : 0.2f * x;\n}\n",
    "softplus": "static float softplus(float x)\n{\n"
    "    return (x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));\n}\n",
    "softmax": """static void softmax(const float *x, float *out, int width)
{
    float top = x[0];
    float total = 0.0f;
    for (int i = 1; i < width; i++) {
        top = x[i] > top ? x[i] : top;
    }
    for (int i = 0; i < width; i++) {
        out[i] = expf(x[i] - top);
        total += out[i];
    }
    for (int i = 0; i < width; i++) {
        out[i] /= total;
    }
}
""",
}
INTERPOLATED = """/* linear interpolation through points of rising x; constant outside */
static double interpolated(double value, const double *x, const double *y, int count)
{
    int low = 0;
    int high = count - 1;
    if (value <= x[low]) {
        return y[low];
    }
    if (value >= x[high]) {
        return y[high];
    }
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (x[middle] <= value) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return y[low] + (y[high] - y[low]) / (x[high] - x[low]) * (value - x[low]);
}
"""


WIDE = """/* Compiled several times where that is known to work: a program picks the widest vectors
 * that its processor has; the results differ by rounding alone. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define WINNOW_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WINNOW_WIDE
#endif
"""


def linear(inputs: int, width: int) -> str:
    """Return the function `linear_<inputs>_<width>`: x times a kernel, plus a bias.

    It takes four rows of the kernel at a time; all bounds are constants, so that compilers
    vectorise it. What is left of the rows has a loop only where there is any.
    """
    whole = inputs - inputs % 4
    blocks, rest = "", ""
    if whole:
        blocks = f"""    for (int i = 0; i < {whole}; i += 4) {{
        const float *row = kernel + i * {width};
        const float a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
        for (int j = 0; j < {width}; j++) {{
            out[j] += (a * row[j] + b * row[j + {width}])
                      + (c * row[j + {2 * width}] + d * row[j + {3 * width}]);
        }}
    }}
"""
    if inputs % 4:
        rest = f"""    for (int i = {whole}; i < {inputs}; i++) {{
        for (int j = 0; j < {width}; j++) {{
            out[j] += x[i] * kernel[i * {width} + j];
        }}
    }}
"""
    return f"""WINNOW_WIDE static void linear_{inputs}_{width}(const float *restrict x,
                          const float *restrict kernel, const float *restrict bias,
                          float *restrict out)
{{
    for (int j = 0; j < {width}; j++) {{
        out[j] = bias[j];
    }}
{blocks}{rest}}}
"""


def needed_functions(activations: Sequence[str], interpolate: bool) -> str:
    """Return the functions that a model calls; unused ones would be warnings."""
    own = [_FUNCTIONS[name] for name in dict.fromkeys(activations)]
    return "\n".join([*([INTERPOLATED] if interpolate else []), *own])
