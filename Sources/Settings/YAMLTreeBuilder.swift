// SPDX-License-Identifier: GPL-2.0-or-later

/// Builds the tree of a YAML text, within limits no configuration comes near.
struct YAMLTreeBuilder: ~Copyable {
    /// Nesting allowed as written; the deepest value of ours is at 4. It bounds the recursion here. Aliases
    /// can nest a tree deeper, but every level then repeats all those below: ``valuesMax`` ends that at about
    /// 450.
    static let depthMax = 64
    /// Values allowed, with aliases unfolded: a few lines of nested aliases stand for billions.
    static let valuesMax = 100_000
    /// Keys given twice that are recorded: beyond these, more of them help nobody.
    static let duplicatesMax = 50

    private var events: YAMLEventStream
    private var document = YAMLDocument()
    private var anchors: [String: (node: YAMLNode, values: Int)] = [:]
    private var values = 0
    private var path = KeyPathText()

    private init(_ text: [UInt8]) { events = YAMLEventStream(text) }

    /// Parses UTF-8 text, or UTF-16 that begins with a byte order mark.
    static func parse(_ text: [UInt8]) throws(YAMLProblem) -> YAMLDocument {
        var builder = YAMLTreeBuilder(text)
        do throws(YAMLProblem) {
            try builder.parseStream()
        } catch {
            throw error.pointingOutTabs(in: text)
        }
        return builder.document
    }

    private mutating func parseStream() throws(YAMLProblem) {
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return
            case .documentStart where document.root != nil:
                document.secondDocument = event.position
                return
            case .documentStart: document.root = try node(from: try next(), depth: 1)
            default: continue
            }
        }
    }

    private mutating func next() throws(YAMLProblem) -> YAMLEvent {
        let event = events.next()
        if case .error(let text) = event.kind {
            throw YAMLProblem(
                position: event.position, found: "text that is not YAML (\(text))", wanted: "valid YAML")
        }
        return event
    }

    private mutating func node(from event: YAMLEvent, depth: Int) throws(YAMLProblem) -> YAMLNode {
        guard depth <= Self.depthMax else {
            throw YAMLProblem(
                position: event.position, found: "nesting deeper than \(Self.depthMax) levels",
                wanted: "a flatter file")
        }
        if case .alias(let name) = event.kind { return try target(of: name, at: event.position) }
        let valuesBefore = values
        try count(1, at: event.position)
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let scalar): content = .scalar(scalar)
        case .sequenceStart: content = .sequence(try sequence(depth: depth))
        case .mappingStart: content = .mapping(try mapping(depth: depth))
        default: preconditionFailure("libyaml gave \(event.kind) where a value stands")
        }
        let node = YAMLNode(position: event.position, content: content)
        if let anchor = event.anchor { anchors[anchor] = (node, values - valuesBefore) }
        return node
    }

    private mutating func count(_ added: Int, at position: YAMLPosition) throws(YAMLProblem) {
        values += added
        guard values <= Self.valuesMax else {
            throw YAMLProblem(
                position: position, found: "more than \(Self.valuesMax) values, aliases unfolded",
                wanted: "a smaller file")
        }
    }

    private mutating func target(of alias: String, at position: YAMLPosition) throws(YAMLProblem) -> YAMLNode
    {
        // An anchor is known once its value is complete, so a value never contains itself.
        guard let anchor = anchors[alias] else {
            throw YAMLProblem(
                position: position, found: "an alias (*) without its anchor",
                wanted: "an anchor (&) before it")
        }
        try count(anchor.values, at: position)
        return anchor.node
    }

    private mutating func sequence(depth: Int) throws(YAMLProblem) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { return items }
            path.steps.append(.index(items.count))
            items.append(try node(from: event, depth: depth + 1))
            path.steps.removeLast()
        }
    }

    private mutating func mapping(depth: Int) throws(YAMLProblem) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        var places: [String: YAMLPosition] = [:]
        var merges: [YAMLNode] = []
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { break }
            let key = try node(from: event, depth: depth + 1)
            let name = YAMLEntry(key: key, value: key).name ?? "?"
            path.steps.append(.foreign(name))
            // Where the key is written, which for an alias is not where its text is.
            if key.isScalar { note(name, at: event.position, in: &places) }
            let value = try node(from: try next(), depth: depth + 1)
            if key.content == .scalar(YAMLScalar(text: "<<", isPlain: true)) {
                merges.append(value)
            } else {
                entries.append(YAMLEntry(key: key, value: value))
            }
            path.steps.removeLast()
        }
        for value in merges { merge(value, into: &entries) }
        return entries
    }

    private mutating func note(
        _ name: String, at place: YAMLPosition, in places: inout [String: YAMLPosition]
    ) {
        if let first = places[name] {
            guard document.duplicates.count < Self.duplicatesMax else { return }
            document.duplicates.append(.init(path: path, first: first, second: place))
        } else {
            places[name] = place
        }
    }

    /// `<<: *base` and `<<: [*one, *two]`: what is merged goes behind what the mapping says itself, in this
    /// order, and of a key given twice the first one counts.
    private mutating func merge(_ value: YAMLNode, into entries: inout [YAMLEntry]) {
        switch value.content {
        case .mapping(let inherited): entries += inherited
        case .sequence(let sources) where sources.allSatisfy(\.isMapping):
            for source in sources { merge(source, into: &entries) }
        default:
            guard !value.isNull else { return }
            document.badMerges.append(.init(path: path.appending(.known("<<")), position: value.position))
        }
    }
}

extension YAMLNode {
    fileprivate var isScalar: Bool { if case .scalar = content { true } else { false } }
    fileprivate var isMapping: Bool { if case .mapping = content { true } else { false } }
}

extension YAMLProblem {
    /// Says "tab" where a tab is what the parser stumbled over; its own words name it only sometimes.
    fileprivate func pointingOutTabs(in text: [UInt8]) -> YAMLProblem {
        let lines = String(decoding: text, as: UTF8.self).unicodeScalars
            .split(separator: "\n", maxSplits: position.line, omittingEmptySubsequences: false)
        guard lines.indices.contains(position.line - 1),
            lines[position.line - 1].dropFirst(position.column - 1).first == "\t"
        else { return self }
        return YAMLProblem(
            position: position, found: "a tab", wanted: "spaces: YAML is not indented with tabs")
    }
}
