import numpy as np
import pytest
from scipy import stats

from eval.significance import difference, interval, mean_difference, mean_interval


def test_the_interval_of_a_mean_agrees_with_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).beta(2.0, 1.0, 150)
    low, high = mean_interval(values)
    other = stats.bootstrap(
        (values,), np.mean, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (low, high) == pytest.approx((other.low, other.high), abs=0.01)


def test_all_right_is_not_a_proof_of_perfection() -> None:
    low, high = mean_interval(np.ones(10))
    expected = stats.binomtest(10, 10).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert mean_interval(np.zeros(10))[1] == pytest.approx(1 - expected.low)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(3).random(40)
    assert mean_interval(values) == mean_interval(values.copy())


def test_the_general_interval_of_a_mean_agrees_with_the_special_one() -> None:
    values = np.random.default_rng(4).random(60)
    general = interval(lambda lines: values[lines].mean(axis=1), len(values))
    assert general == pytest.approx(mean_interval(values), abs=0.01)


def test_the_paired_test_agrees_with_scipys_permutation_test() -> None:
    generator = np.random.default_rng(5)
    first = (generator.random(80) < 0.6).astype(float)
    second = np.where(generator.random(80) < 0.15, 1.0, first)
    _, p_value = mean_difference(first, second)
    other = stats.permutation_test(
        (second, first),
        lambda one, two, axis=-1: np.mean(one - two, axis=axis),
        permutation_type="samples",
        vectorized=True,
        rng=np.random.default_rng(6),
    )
    assert p_value == pytest.approx(other.pvalue, abs=0.02)


def test_equal_systems_are_called_different_about_one_time_in_twenty() -> None:
    generator = np.random.default_rng(7)
    p_values = [
        mean_difference(generator.random(30), generator.random(30), seed=trial)[1]
        for trial in range(200)
    ]
    assert 0.01 <= np.mean(np.array(p_values) < 0.05) <= 0.10


def test_the_general_paired_test_agrees_with_the_one_for_means() -> None:
    generator = np.random.default_rng(8)
    first, second = generator.random(50), generator.random(50) + 0.12
    both = np.concatenate([first, second])
    (low, high), p_value = difference(lambda lines: both[lines].mean(axis=1), 50)
    (mean_low, mean_high), mean_p = mean_difference(first, second)
    assert (low, high) == pytest.approx((mean_low, mean_high), abs=0.02)
    assert p_value == pytest.approx(mean_p, abs=0.02)
