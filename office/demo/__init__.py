"""The demonstration: a whole programme year acted out on a moved clock, through the public doors, and checked
afterwards.

`songjiao demo` calls `office.demo.performance.main`. It starts an office of its own in `data/demo`, lets the people of
the three sample programmes act (command line, Resume form, recording on behalf), reports what happened with its
clauses, and has a separate process prove every claim from the ledger and Prefect's API. It decides nothing about a
programme; the ledger does.
"""
