"""``logos backtest check``: whether anything in a whole config looks ahead, remembers too much or depends on chance.

`logos.backtest.leaks.checking.check_config` runs a config over its bars with a recorder around every part, runs it
again under changed conditions, and names the part that moved although it must not. Its answer is a
`logos.backtest.leaks.report.LeakReport`.
"""
