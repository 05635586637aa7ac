"""The vocabulary of Logos: money, instruments, bars, orders, accounts and events.

Everything here is plain data and exact integer arithmetic. Prices are whole ticks, quantities whole
lots, money whole minor units of the account's currency, ratios whole hundred-millionths. No other
room of the project is imported from here.
"""
