"""Times training epochs of the same network in JAX, with the data on the device as bytes.

Mode scan: one compiled lax.scan does all steps, from the choice of the samples to Adam.
"""
import os

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # other peers use the device too

import idx
import jax
import jax.numpy as jnp
import gpu_rounds
from jax import lax

SHAPES = {"conv1": (3, 3, 1, 32), "conv2": (3, 3, 32, 64), "dense1": (9216, 128),
          "dense2": (128, 10)}
PRODUCTS = {"fp32": "highest", "tf32": "tensorfloat32", "bf16": "highest"}  # of fp32 operands
RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def initial_parameters(key):
    glorot = jax.nn.initializers.glorot_uniform()
    keys = jax.random.split(key, len(SHAPES))
    return {name: (glorot(k, shape), jnp.zeros(shape[-1]))
            for k, (name, shape) in zip(keys, SHAPES.items())}


def convolved(x, layer, operand):
    x = lax.conv_general_dilated(x.astype(operand), layer[0].astype(operand), (1, 1), "VALID",
                                 dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return jax.nn.relu(x.astype(jnp.float32) + layer[1])


def dense(x, layer, operand):
    return (x.astype(operand) @ layer[0].astype(operand)).astype(jnp.float32) + layer[1]


def dropped(x, rate, key):
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def mean_loss(parameters, images, labels, key, operand):
    """`operand` is the type of the products' factors. On a GPU JAX's precision "bfloat16" is tf32,
    so this converts the factors to bf16 itself, as PyTorch's autocast does."""
    key1, key2 = jax.random.split(key)
    x = images[..., None].astype(jnp.float32) / 255
    x = convolved(x, parameters["conv1"], operand)
    x = convolved(x, parameters["conv2"], operand)
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = dropped(x, 0.25, key1).reshape(len(labels), -1)
    x = jax.nn.relu(dense(x, parameters["dense1"], operand))
    logits = dense(dropped(x, 0.5, key2), parameters["dense2"], operand)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
    return -chosen.mean()


def adam(parameters, m, v, gradients, t):
    """Adam as in Keras: epsilon is added to the uncorrected root."""
    alpha = RATE * jnp.sqrt(1 - BETA_2 ** t) / (1 - BETA_1 ** t)
    m = jax.tree.map(lambda a, g: a + (1 - BETA_1) * (g - a), m, gradients)
    v = jax.tree.map(lambda a, g: a + (1 - BETA_2) * (g * g - a), v, gradients)
    parameters = jax.tree.map(lambda p, a, b: p - alpha * a / (jnp.sqrt(b) + EPSILON),
                              parameters, m, v)
    return parameters, m, v


def make_training(images, labels, batch_size, operand):
    """Returns a function of the state and of the number of steps, which is known when it is
    compiled."""
    count = len(labels)

    def step(state, number):
        parameters, m, v, t, key, order = state
        chosen = lax.dynamic_slice(order, (number * batch_size % (count - batch_size + 1),),
                                   (batch_size,))
        value, gradients = jax.value_and_grad(mean_loss)(
            parameters, images[chosen], labels[chosen], jax.random.fold_in(key, number), operand)
        parameters, m, v = adam(parameters, m, v, gradients, t + 1)
        return (parameters, m, v, t + 1, key, order), value

    def steps_of(state, steps):
        parameters, m, v, t, key = state
        key, order_key = jax.random.split(key)
        order = jax.random.permutation(order_key, count)
        state, losses = lax.scan(step, (parameters, m, v, t, key, order), jnp.arange(steps))
        return state[:5], losses.mean()

    return jax.jit(steps_of, static_argnums=1, donate_argnums=0)


def main():
    options = gpu_rounds.parse(__doc__.splitlines()[0], ["scan"])
    jax.config.update("jax_platforms", options.device)
    jax.config.update("jax_default_prng_impl", "rbg")  # the fastest
    jax.config.update("jax_default_matmul_precision", PRODUCTS[options.precision])
    images, labels = idx.load(options.data)
    operand = jnp.bfloat16 if options.precision == "bf16" else jnp.float32
    training = make_training(jnp.asarray(images), jnp.asarray(labels.astype("int32")),
                             options.batch_size, operand)
    parameters = initial_parameters(jax.random.key(0))
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.float32(0),
             jax.random.key(1))

    def train(steps):
        nonlocal state
        state, loss = training(state, steps)
        return float(loss)  # waits for the device

    gpu_rounds.run(options, len(labels), f"jax {jax.__version__}", train)


if __name__ == "__main__":
    main()
