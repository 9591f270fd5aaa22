// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes

extension Route.Access {
    private static let formType = "application/x-www-form-urlencoded"

    /// Refuses what may be a stranger's page acting in the user's name (cross-site request forgery).
    func check(_ head: HTTPRequest) throws(RequestRefusal) {
        guard self != .read else { return }
        let origin = RequestOrigin(head)
        guard origin != .stranger else {
            throw RequestRefusal(.forbidden, "foreign-origin", "changes are made from this program's own page only")
        }
        let type = head.headerFields[.contentType].map(Self.mediaType)
        let isTrusted = origin != .unclear
        let isAllowed =
            switch self {
            case .read: true
            case .changeByGet: isTrusted
            // No page can send this type elsewhere without asking first (CORS).
            case .change: type == "application/json" || type == nil && isTrusted && !head.hasBody
            case .changeByOldScript:
                type == "application/json" || type == nil && isTrusted && !head.hasBody
                    || type == Self.formType && origin == .script
            }
        guard isAllowed else {
            throw self == .changeByGet
                ? RequestRefusal(.forbidden, "foreign-origin", "the request does not say that it is this page's own")
                : RequestRefusal(.unsupportedMediaType, "not-json", "Content-Type must be application/json")
        }
    }

    /// In lower case and without parameters.
    private static func mediaType(_ value: String) -> String {
        value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}

extension HTTPRequest {
    /// Whether a body follows, by what the head says.
    var hasBody: Bool {
        headerFields[.transferEncoding] != nil || (headerFields[.contentLength] ?? "0") != "0"
    }
}
