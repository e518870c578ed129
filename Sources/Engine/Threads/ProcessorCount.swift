#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How many CPUs this process may keep busy.
enum ProcessorCount {
    /// The CPUs of the affinity mask, but not more than the control group's quota pays for.
    static let usable: Int = {
        var count = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        #if os(Linux)
            if let allowed = allowedCount() { count = allowed }
            if let quota = controlGroupQuota() { count = min(count, quota) }
        #endif
        return count
    }()

    #if os(Linux)
        /// CPUs of the affinity mask: "Cpus_allowed_list: 0-3,8".
        private static func allowedCount() -> Int? {
            let line = SystemFile.text("/proc/self/status")?.split(separator: "\n").first {
                $0.hasPrefix("Cpus_allowed_list:")
            }
            guard let list = line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).last else {
                return nil
            }
            var count = 0
            for range in list.split(separator: ",") {
                let ends = range.split(separator: "-").map { Int($0) ?? -1 }
                guard let first = ends.first, let last = ends.last, 0...last ~= first else {
                    return nil
                }
                count += last - first + 1
            }
            return count > 0 ? count : nil
        }

        /// Whole CPUs that the tightest quota on the way to the root allows; nil without a quota.
        private static func controlGroupQuota() -> Int? {
            var quota: Double?
            func consider(_ value: Double) { quota = min(quota ?? value, value) }

            // Version 2: "0::/path"; every level may set cpu.max.
            let line = SystemFile.text("/proc/self/cgroup")?.split(separator: "\n").first {
                $0.hasPrefix("0::")
            }
            var parts = line.map { $0.dropFirst(3).split(separator: "/") } ?? []
            while true {
                let folder = parts.map { "/" + $0 }.joined()
                if let limit = SystemFile.text("/sys/fs/cgroup\(folder)/cpu.max") {
                    let words = limit.split { $0 == " " || $0 == "\n" }
                    if words.count == 2, let used = Double(words[0]), let period = Double(words[1]),
                        used > 0, period > 0
                    {
                        consider(used / period)
                    }
                }
                if parts.isEmpty { break }
                parts.removeLast()
            }
            // Version 1.
            let old = "/sys/fs/cgroup/cpu/cpu.cfs_"
            if let used = SystemFile.text(old + "quota_us").flatMap({ Double($0.dropLast()) }),
                let period = SystemFile.text(old + "period_us").flatMap({ Double($0.dropLast()) }),
                used > 0, period > 0
            {
                consider(used / period)
            }
            return quota.map { max(1, Int(min($0, 4096).rounded(.up))) }
        }
    #endif
}
