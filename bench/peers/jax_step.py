"""A peer of bench/cpu.sh: JAX's training steps on the CPU.

jax_step.py DATA BATCH_SIZE

Each step is one compiled call. One call for all steps of a round (lax.scan, lax.fori_loop) is many
times slower: within a loop, XLA's convolutions on the CPU do not use all cores.
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
import rounds

jax.config.update("jax_default_prng_impl", "unsafe_rbg")  # the fastest for the dropout masks


def initial(key):
    def glorot(key, shape, fan_in, fan_out):
        limit = (6 / (fan_in + fan_out)) ** 0.5
        return jax.random.uniform(key, shape, jnp.float32, -limit, limit)

    keys = jax.random.split(key, 4)
    return {
        "conv1": (glorot(keys[0], (3, 3, 1, 32), 9, 288), jnp.zeros(32)),
        "conv2": (glorot(keys[1], (3, 3, 32, 64), 288, 576), jnp.zeros(64)),
        "dense1": (glorot(keys[2], (9216, 128), 9216, 128), jnp.zeros(128)),
        "dense2": (glorot(keys[3], (128, 10), 128, 10), jnp.zeros(10)),
    }


def convolution(x, kernel, bias):
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias


def dropout(key, x, rate):
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def mean_loss(parameters, images, labels, key):
    keys = jax.random.split(key)
    x = jax.nn.relu(convolution(images, *parameters["conv1"]))
    x = jax.nn.relu(convolution(x, *parameters["conv2"]))
    x = x.reshape(-1, 12, 2, 12, 2, 64).max((2, 4))  # much faster than reduce_window
    x = dropout(keys[0], x, 0.25).reshape(len(images), -1)
    kernel, bias = parameters["dense1"]
    x = dropout(keys[1], jax.nn.relu(x @ kernel + bias), 0.5)
    kernel, bias = parameters["dense2"]
    chosen = jnp.take_along_axis(jax.nn.log_softmax(x @ kernel + bias), labels[:, None], 1)
    return -chosen.mean()


def adam(state, gradients):
    """state = (parameters, m, v, steps done), with Keras' defaults for Adam."""
    parameters, m, v, done = state
    done += 1
    alpha = 1e-3 * jnp.sqrt(1 - 0.999 ** done) / (1 - 0.9 ** done)
    m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, m, gradients)
    v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, v, gradients)
    parameters = jax.tree.map(lambda p, m, v: p - alpha * m / (jnp.sqrt(v) + 1e-7),
                              parameters, m, v)
    return parameters, m, v, done


def step(state, images, labels, key):
    loss, gradients = jax.value_and_grad(mean_loss)(
        state[0], images, labels, jax.random.fold_in(key, state[3].astype(jnp.int32)))
    return adam(state, gradients), loss


def main():
    folder, batch_size = sys.argv[1], int(sys.argv[2])
    images, labels = rounds.training_set(folder)
    images = images[..., None]
    order = np.random.default_rng(0).permutation(len(images))
    key = jax.random.key(0)
    parameters = initial(key)
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))
    compiled = jax.jit(step, donate_argnums=0)
    done = 0

    def train(steps):
        nonlocal state, done
        for _ in range(steps):
            at = done * batch_size % (len(images) - batch_size + 1)
            done += 1
            batch = order[at:at + batch_size]
            state, loss = compiled(state, images[batch], labels[batch], key)
        return float(loss)

    rounds.serve(train)


main()
