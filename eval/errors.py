"""The one family of evaluation errors: each message says what was found, expected, what to do.

EvalError
├── GoldError       a gold file, with a line for each problem        (gold.py)
├── PinError        a draft's places that cannot be found            (pin.py)
├── ImportFailure   another maker's set that is not in its form      (importers.py)
├── AskError        a system that cannot be asked at all             (systems.py)
├── RunError        a run that cannot be written or read             (run.py)
├── CompareError    two runs that cannot be compared                 (compare.py)
├── ExternalError   a public set that cannot be run                  (external.py)
├── FloorError      a floor that cannot be used                      (floor.py)
├── JudgementError  a file of judgements that cannot be used         (judgements.py)
├── RecordsError    an inventory that cannot be used                 (records_gold.py)
├── Muc4Error       a MUC-4 file that cannot be read                 (muc4.py)
└── Re3dError       a re3d folder that cannot be read                (re3d.py)
"""


class EvalError(Exception):
    """Anything that an evaluation cannot do, told to the person who asked for it."""
