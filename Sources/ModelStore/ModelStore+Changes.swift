import Synchronization

extension ModelStore {
    /// Makes `destination` name what `source` names; the bytes of the manifest are copied.
    ///
    /// Copying onto itself changes nothing. An existing destination is replaced.
    public func copy(_ source: ModelName, to destination: ModelName) throws(StoreError) {
        let source = resolve(source)
        if !isStored(source), let model = embeddedModel(source) {
            let destination = resolve(destination)
            if source != destination { try materialise(model, as: destination) }
            return
        }
        let (manifest, bytes) = try manifest(of: source)
        let destination = resolve(destination)
        if source == destination { return }
        try replaceManifest(of: destination, with: bytes, needing: manifest)
    }

    /// Removes the manifest, then blobs that nothing uses.
    ///
    /// - Throws: badRequest for an embedded model of which no copy is stored.
    public func delete(_ name: ModelName) throws(StoreError) {
        let name = resolve(name)
        if localModels.withLock({ $0.removeValue(forKey: name) != nil }) { return }
        try exclusively { () throws(StoreError) in
            guard FileOperations.status(manifestPath(name)) != nil else {
                if isEmbedded(name) {
                    throw StoreError(
                        .badRequest,
                        "model '\(name.display)' is embedded in the program and cannot be deleted")
                }
                throw StoreError(.notFound, "model '\(name.display)' not found")
            }
            // A manifest that says nothing readable can be deleted all the same.
            var digests: Set<Digest> = []
            if let bytes = try? FileOperations.contents(manifestPath(name)),
                let manifest = try? Manifest(parsing: bytes)
            {
                digests = manifest.digests
            }
            try files.remove(manifestPath(name))
            try? files.syncDirectory(
                "\(manifestsDirectory)/\(name.host)/\(name.namespace)/\(name.model)")
            removeEmptyDirectories(upwardsFrom: name)
            try removeUnused(digests)
        }
    }

    private func exclusively<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
        try changes.withLock { (_) throws(StoreError) -> T in try body() }
    }

    private func removeEmptyDirectories(upwardsFrom name: ModelName) {
        for path in [
            "\(name.host)/\(name.namespace)/\(name.model)", "\(name.host)/\(name.namespace)",
            name.host,
        ] where !files.removeIfEmpty("\(manifestsDirectory)/\(path)") { return }
    }

    /// Puts a manifest in place by one rename, and removes blobs of the replaced one that became unused.
    func replaceManifest(
        of name: ModelName, with bytes: [UInt8], needing manifest: Manifest, removeOld: Bool = true
    ) throws(StoreError) {
        try exclusively { () throws(StoreError) in
            // Another process may have removed a blob since it was found here.
            for digest in manifest.digests where !blobs.contains(digest) {
                throw StoreError(
                    .io, "open \(blobs.path(digest)): no such file or directory")
            }
            let path = manifestPath(name)
            let old = (try? FileOperations.contents(path)).flatMap { try? Manifest(parsing: $0) }
            try writeManifest(bytes, to: path)
            if let old, removeOld {
                try removeUnused(old.digests.subtracting(manifest.digests))
            }
        }
    }

    /// Puts a pulled manifest in place; returns the digests that only the replaced one named.
    func adoptManifest(_ bytes: [UInt8], of name: ModelName) throws(StoreError) -> Set<Digest> {
        let manifest = try Manifest(parsing: bytes)
        let name = resolve(name)
        let old = (try? FileOperations.contents(manifestPath(name)))
            .flatMap { try? Manifest(parsing: $0) }
        try replaceManifest(of: name, with: bytes, needing: manifest, removeOld: false)
        return (old?.digests ?? []).subtracting(manifest.digests)
    }

    /// Removes those blobs that no manifest names any more.
    func removeUnusedBlobs(_ digests: Set<Digest>) throws(StoreError) {
        try exclusively { () throws(StoreError) in try removeUnused(digests) }
    }

    private func writeManifest(_ bytes: [UInt8], to path: String) throws(StoreError) {
        // At the top, where a scan of four levels does not meet it.
        let temporary = "\(manifestsDirectory)/.apus-\(FileOperations.randomSuffix())"
        let file = try files.create(temporary)
        do throws(StoreError) {
            defer { files.closeFile(file) }
            try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in
                try files.write(UnsafeRawBufferPointer(buffer), to: file, temporary)
            }
            try files.sync(file, temporary)
        } catch {
            try? files.remove(temporary)
            throw error
        }
        let directory = String(path[..<path.utf8.lastIndex(of: UInt8(ascii: "/"))!])
        var attempts = 0
        while true {
            do throws(StoreError) {
                try files.makeDirectories(directory)
                try files.rename(temporary, to: path)
                break
            } catch {
                // Another process may be removing the directory as empty right now.
                attempts += 1
                guard attempts < 5, FileOperations.status(directory) == nil else {
                    try? files.remove(temporary)
                    throw error
                }
            }
        }
        var parent = directory
        while parent.utf8.count >= manifestsDirectory.utf8.count {
            try files.syncDirectory(parent)
            parent = String(parent[..<parent.utf8.lastIndex(of: UInt8(ascii: "/"))!])
        }
    }

    /// Removes those of `digests` that no manifest names and no running create relies on.
    func removeUnused(_ digests: [Digest]) throws(StoreError) {
        guard !digests.isEmpty else { return }
        try exclusively { () throws(StoreError) in try removeUnused(Set(digests)) }
    }

    /// Removes those of `digests` that no manifest names and no running create relies on.
    private func removeUnused(_ digests: Set<Digest>) throws(StoreError) {
        var unused = digests.filter { !blobs.isPinned($0) }
        guard !unused.isEmpty else { return }
        for name in names() {
            guard let (manifest, _) = try? manifest(of: name) else { continue }
            unused.subtract(manifest.digests)
        }
        var removed: [Digest] = []
        defer { tellOfRemoval(removed) }
        for digest in unused {
            try blobs.remove(digest)
            removed.append(digest)
        }
    }

    /// Age in seconds from which an unused file counts as left over.
    static let leftoverAge = 3600.0

    /// Start-up pruning; returns (total, removed) blobs.
    ///
    /// Renames blobs of the old form `sha256:…`, then removes files in `blobs` that no manifest names and that
    /// are older than an hour, and empty directories of manifests. A manifest that cannot be read stops it:
    /// what it named is unknown. `startupPruning` names it.
    public func prune() -> (total: Int, removed: Int) {
        let outcome = startupPruning()
        return (outcome.total, outcome.removed)
    }

    /// As `prune`; `corrupt` lists the manifests (paths below `manifests`) for which nothing was removed.
    public func startupPruning() -> (total: Int, removed: Int, corrupt: [String]) {
        changes.withLock { _ in
            renameOldBlobs()
            let names = FileOperations.list(blobs.directory)
            var used: Set<String> = []
            var corrupt: [String] = []
            for name in self.names() {
                if let (manifest, _) = try? manifest(of: name) {
                    used.formUnion(manifest.digests.map(\.fileName))
                } else if FileOperations.status(manifestPath(name)) != nil {
                    corrupt.append(name.path)
                }
            }
            if !corrupt.isEmpty { return (names.count, 0, corrupt) }
            var removed = 0
            let limit = FileOperations.now - Self.leftoverAge
            for name in names where !used.contains(name) {
                let path = "\(blobs.directory)/\(name)"
                guard let status = FileOperations.status(path), !status.isDirectory,
                    status.modified < limit,
                    !(Digest(name).map(blobs.isPinned) ?? false), (try? files.remove(path)) != nil
                else { continue }
                removed += 1
            }
            for name in FileOperations.list(manifestsDirectory) where name.hasPrefix(".apus-") {
                let path = "\(manifestsDirectory)/\(name)"
                if let status = FileOperations.status(path), status.modified < limit {
                    try? files.remove(path)
                }
            }
            removeEmptyDirectories(below: manifestsDirectory, depth: 3)
            return (names.count, removed, [])
        }
    }

    private func renameOldBlobs() {
        for name in FileOperations.list(blobs.directory) where name.hasPrefix("sha256:") {
            guard let digest = Digest(name), !blobs.contains(digest) else { continue }
            try? files.rename("\(blobs.directory)/\(name)", to: blobs.path(digest))
        }
    }

    private func removeEmptyDirectories(below path: String, depth: Int) {
        guard depth > 0 else { return }
        for name in FileOperations.list(path) {
            let child = "\(path)/\(name)"
            guard FileOperations.status(child)?.isDirectory ?? false else { continue }
            removeEmptyDirectories(below: child, depth: depth - 1)
            files.removeIfEmpty(child)
        }
    }
}
