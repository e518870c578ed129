import API

/// The timing block that `--verbose` prints; lines without a value are left out.
func timingText(_ final: JSONValue) -> String {
    func duration(_ key: String) -> Int { final[key]?.integer ?? 0 }
    var text = ""
    func line(_ label: String, _ value: String) {
        text += padded(label + ":", 21) + " " + value + "\n"
    }
    if duration("total_duration") > 0 {
        line("total duration", GoDuration(nanoseconds: duration("total_duration")).description)
    }
    if duration("load_duration") > 0 {
        line("load duration", GoDuration(nanoseconds: duration("load_duration")).description)
    }
    for (title, countKey, durationKey) in [
        ("prompt eval", "prompt_eval_count", "prompt_eval_duration"),
        ("eval", "eval_count", "eval_duration"),
    ] {
        let count = duration(countKey)
        let time = duration(durationKey)
        if count > 0 { line("\(title) count", "\(count) token(s)") }
        if time > 0 {
            line("\(title) duration", GoDuration(nanoseconds: time).description)
            let rate = Double(count) / (Double(time) / 1e9)
            line("\(title) rate", "\(HumanFormat.fixed(rate, places: 2)) tokens/s")
        }
    }
    if duration("prompt_cached_count") > 0 {
        line("prompt from cache", "\(duration("prompt_cached_count")) token(s)")
    }
    let drafted = duration("draft_count")
    if drafted > 0 {
        let accepted = duration("draft_accepted_count")
        let share = HumanFormat.fixed(Double(accepted) / Double(drafted) * 100, places: 1)
        line("draft acceptance", "\(share)% (\(accepted)/\(drafted) tokens)")
    }
    return text
}
