"""What the coded fields of TotalView-ITCH 5.0 and of the BBO feeds 2.1 can say, in the specification's words.

Section 1 names most values beside their fields; appendices C, D and E hold the longer lists. Codes of earlier and later
revisions than that of 28 April 2023 say so.
"""

from feedhandler.wire.big_endian import alpha, char

side = char.named(B="Buy", S="Sell")
yes_or_no = char.named(Y="Yes", N="No")
yes_no_or_not_available = char.named({" ": "Not available"}, Y="Yes", N="No")

system_event_code = char.named(
    O="Start of Messages",
    S="Start of System hours",
    Q="Start of Market hours",
    M="End of Market hours",
    E="End of System hours",
    C="End of Messages",
    o="Start of overnight transmissions",  # BBO 2.1, revision of 11 June 2026
)

market_category = char.named(
    {" ": "Not available"},
    Q="Nasdaq Global Select Market",
    G="Nasdaq Global Market",
    S="Nasdaq Capital Market",
    N="New York Stock Exchange (NYSE)",
    A="NYSE American",
    P="NYSE Arca",
    M="NYSE Texas",  # revision of 19 February 2026
    Z="BATS Z Exchange",
    V="Investors' Exchange, LLC",
    F="Texas Stock Exchange",  # BBO 2.1, revision of 11 June 2026
)

# BBO 2.1 only: where a security is listed, without the tiers of Nasdaq.
security_class = char.named(
    {" ": "Not available"},
    Q="Nasdaq-listed issue",
    N="New York Stock Exchange (NYSE)",
    A="NYSE American",
    P="NYSE Arca",
    M="NYSE Texas",
    Z="BATS Z Exchange",
    V="Investors' Exchange, LLC",
)

financial_status_indicator = char.named(
    {" ": "Not available"},
    D="Deficient",
    E="Delinquent",
    Q="Bankrupt",
    S="Suspended",
    G="Deficient and Bankrupt",
    H="Deficient and Delinquent",
    J="Delinquent and Bankrupt",
    K="Deficient, Delinquent and Bankrupt",
    C="Creations and/or Redemptions Suspended for Exchange Traded Product",
    N="Normal",
)

# Appendix D.
issue_classification = char.named(
    A="American Depositary Share",
    B="Bond",
    C="Common Stock",
    F="Depository Receipt",
    I="144A",
    L="Limited Partnership",
    N="Notes",
    O="Ordinary Share",
    P="Preferred Stock",
    Q="Other Securities",
    R="Right",
    S="Shares of Beneficial Interest",
    T="Convertible Debenture",
    U="Unit",
    V="Units of Beneficial Interest",
    W="Warrant",
)

# Appendix E.
issue_sub_type = alpha(2).named(
    A="Preferred Trust Securities",
    AI="Alpha Index ETNs",
    B="Index Based Derivative",
    C="Common Shares",
    CB="Commodity Based Trust Shares",
    CF="Commodity Futures Trust Shares",
    CL="Commodity-Linked Securities",
    CM="Commodity Index Trust Shares",
    CO="Collateralized Mortgage Obligation",
    CT="Currency Trust Shares",
    CU="Commodity-Currency-Linked Securities",
    CW="Currency Warrants",
    D="Global Depositary Shares",
    E="ETF-Portfolio Depositary Receipt",
    EG="Equity Gold Shares",
    EI="ETN-Equity Index-Linked Securities",
    EM="NextShares Exchange Traded Managed Fund",
    EN="Exchange Traded Notes",
    EU="Equity Units",
    F="HOLDRS",
    FI="ETN-Fixed Income-Linked Securities",
    FL="ETN-Futures-Linked Securities",
    G="Global Shares",
    I="ETF-Index Fund Shares",
    IR="Interest Rate",
    IW="Index Warrant",
    IX="Index-Linked Exchangeable Notes",
    J="Corporate Backed Trust Security",
    L="Contingent Litigation Right",
    LL="Limited Liability Company (LLC)",
    M="Equity-Based Derivative",
    MF="Managed Fund Shares",
    ML="ETN-Multi-Factor Index-Linked Securities",
    MT="Managed Trust Securities",
    N="NY Registry Shares",
    O="Open Ended Mutual Fund",
    P="Privately Held Security",
    PP="Poison Pill",
    PU="Partnership Units",
    Q="Closed-End Funds",
    R="Reg-S",
    RC="Commodity-Redeemable Commodity-Linked Securities",
    RF="ETN-Redeemable Futures-Linked Securities",
    RT="REIT",
    RU="Commodity-Redeemable Currency-Linked Securities",
    S="SEED",
    SC="Spot Rate Closing",
    SI="Spot Rate Intraday",
    T="Tracking Stock",
    TC="Trust Certificates",
    TU="Trust Units",
    U="Portal",
    V="Contingent Value Right",
    W="Trust Issued Receipts",
    WC="World Currency Option",
    X="Trust",
    Y="Other",
    Z="Not Applicable",
)

authenticity = char.named(P="Live/Production", T="Test", D="Demo")

ipo_flag = char.named(
    {" ": "Not available"},
    Y="Set up as a new IPO security",
    N="Not set up as a new IPO security",
    Z="Non-IPO new listed security",  # revision of 19 February 2026
)

luld_reference_price_tier = char.named(
    {" ": "Not available", "1": "Tier 1 NMS Stocks and select ETPs", "2": "Tier 2 NMS Stocks"}
)

trading_state = char.named(
    H="Halted across all U.S. equity markets / SROs",
    P="Paused across all U.S. equity markets / SROs",
    Q="Quotation only period for cross-SRO halt or pause",
    T="Trading on Nasdaq",
)

# Appendix C.
trading_action_reason = alpha(4).named(
    {"": "Reason Not Available"},
    T1="Halt News Pending",
    T2="Halt News Disseminated",
    T5="Single Security Trading Pause In Effect",
    T6="Regulatory Halt: Extraordinary Market Activity",
    T8="Halt ETF",
    T12="Trading Halted; For Information Requested by Listing Market",
    H4="Halt Non-Compliance",
    H9="Halt Filings Not Current",
    H10="Halt SEC Trading Suspension",
    H11="Halt Regulatory Concern",
    O1="Operations Halt; Contact Market Operations",
    LUDP="Volatility Trading Pause",
    LUDS="Volatility Trading Pause: Straddle Condition",
    MWC1="Market Wide Circuit Breaker Halt: Level 1",
    MWC2="Market Wide Circuit Breaker Halt: Level 2",
    MWC3="Market Wide Circuit Breaker Halt: Level 3",
    MWC0="Market Wide Circuit Breaker Halt: Carry over from previous day",
    IPO1="IPO Issue Not Yet Trading",
    M1="Corporate Action",
    M2="Quotation Not Available",
    T3="News and Resumption Times",
    T7="Single Security Trading Pause / Quotation Only Period",
    R4="Qualifications Issues Reviewed/Resolved; Quotations/Trading to Resume",
    R9="Filing Requirements Satisfied/Resolved; Quotations/Trading To Resume",
    C3="Issuer News Not Forthcoming; Quotations/Trading To Resume",
    C4="Qualifications Halt Ended; Maintenance Requirements Met; Resume",
    C9="Qualifications Halt Concluded; Filings Met; Quotes/Trades To Resume",
    C11="Trade Halt Concluded By Other Regulatory Authority; Quotes/Trades Resume",
    MWCQ="Market Wide Circuit Breaker Resumption",
    R1="New Issue Available",
    R2="Issue Available",
    IPOQ="IPO Security Released for Quotation",
    IPOE="IPO Security: Positioning Window Extension",
)

reg_sho_action = char.named(
    {
        "0": "No price test in place",
        "1": "Restriction in effect due to an intra-day price drop in security",
        "2": "Restriction remains in effect",
    }
)

market_maker_mode = char.named(N="Normal", P="Passive", S="Syndicate", R="Pre-syndicate", L="Penalty")
market_participant_state = char.named(A="Active", E="Excused/Withdrawn", W="Withdrawn", S="Suspended", D="Deleted")
breached_level = char.named({"1": "Level 1", "2": "Level 2", "3": "Level 3"})

ipo_quotation_release_qualifier = char.named(A="Anticipated Quotation Release Time", C="IPO Release Canceled/Postponed")

market_code = char.named(Q="Nasdaq", B="BX (Nasdaq Texas)", X="PSX")
operational_halt_action = char.named(H="Operationally Halted on the identified Market", T="Trading resumed")
printable = char.named(Y="Printable", N="Non-Printable")

cross_type = char.named(
    O="Nasdaq Opening Cross",
    C="Nasdaq Closing Cross",
    H="Cross for IPO and halted / paused securities",
    I="Intraday and Post-Close Cross",  # earlier revisions only
    A="Extended Trading Close",  # since the revision of 7 January 2022, type I only
)

imbalance_direction = char.named(
    B="Buy imbalance",
    S="Sell imbalance",
    N="No imbalance",
    O="Insufficient orders to calculate",
    P="Paused",  # since the revision of 28 April 2023
)

price_variation_indicator = char.named(
    {
        " ": "Cannot be calculated",
        "L": "Less than 1%",
        "1": "1 to 1.99%",
        "2": "2 to 2.99%",
        "3": "3 to 3.99%",
        "4": "4 to 4.99%",
        "5": "5 to 5.99%",
        "6": "6 to 6.99%",
        "7": "7 to 7.99%",
        "8": "8 to 8.99%",
        "9": "9 to 9.99%",
        "A": "10 to 19.99%",
        "B": "20 to 29.99%",
        "C": "30% or greater",
    }
)

interest_flag = char.named(
    B="RPI orders available on the buy side",
    S="RPI orders available on the sell side",
    A="RPI orders available on both sides",
    N="No RPI orders available",
)

open_eligibility_status = char.named(N="Not Eligible", Y="Eligible")
