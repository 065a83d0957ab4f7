"""Writes classification.json: scikit-learn's classification_report of three sets of labels.

    python Tests/Fixtures/make_classification.py        (needs scikit-learn; made with 1.7 or newer)

The sets: every class occurs; class 2 is never predicted; class 3 is neither in the labels nor predicted.
"""
import json
import pathlib
import random
import warnings

from sklearn.metrics import classification_report, confusion_matrix

warnings.filterwarnings("ignore")


def draw(seed, classes, count, missing_labels=(), missing_predictions=()):
    generator = random.Random(seed)
    labels = [c for c in range(classes) if c not in missing_labels]
    guesses = [c for c in range(classes) if c not in missing_predictions]
    truth = [generator.choice(labels) for _ in range(count)]
    predicted = [
        t if t in guesses and generator.random() < 0.6 else generator.choice(guesses) for t in truth
    ]
    return truth, predicted


def main():
    names = ["plane", "car", "bird", "cat", "a rather long name"]
    sets = []
    for classes, arguments in [
        (5, dict(seed=1, count=200)),
        (4, dict(seed=2, count=57, missing_predictions=(2,))),
        (5, dict(seed=3, count=83, missing_labels=(3,), missing_predictions=(3,))),
    ]:
        truth, predicted = draw(classes=classes, **arguments)
        options = dict(labels=list(range(classes)), target_names=names[:classes], zero_division=0)
        sets.append({
            "classNames": names[:classes],
            "labels": truth,
            "predictions": predicted,
            "confusion": confusion_matrix(truth, predicted, labels=list(range(classes))).tolist(),
            "report": [
                [scores["precision"], scores["recall"], scores["f1-score"], scores["support"]]
                for scores in (
                    classification_report(truth, predicted, output_dict=True, **options)[name]
                    for name in names[:classes] + ["macro avg", "weighted avg"]
                )
            ],
            "accuracy": sum(t == p for t, p in zip(truth, predicted)) / len(truth),
            "text": classification_report(truth, predicted, **options),
        })
    path = pathlib.Path(__file__).with_name("classification.json")
    path.write_text(json.dumps(sets) + "\n")


main()
