"""Sending editions: freeze who gets what, deliver it once to each of them, and report the outcome.

    send.py           send today's edition and finish earlier ones
    local_time.py     the same at each reader's local time
    resume.py         continue an edition that a person names
    cancel.py         stop an edition
    dry_run.py        what a send would do
    test_send.py      a test to a few addresses

    readiness.py      what every email must have before anything is sent
    lateness.py       how late is too late
    freeze.py         who gets which Message, on disk first
    deliver.py        which provider sends, and when it is tried again
    batch_sender.py   claim a batch, send it, record the outcomes
    report.py         the outcome in one line; failures.py and metrics.py for operators and monitors

May import editions and the packages below it; never inspection, web or cli.
"""
