// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import HummingbirdCore
internal import Status

extension Routes {
    static func client(_ source: any ClientStatusSource) -> [Route] {
        clientReads(source)
            + clientChanges(source, "/api/v1/", .changeOfAnyType, swap: "swap-exclusion", reset: "reset-exclusions")
            + clientChanges(source, "/api/v2/", .change, swap: "swap", reset: "reset") + [
                // For bookmarks and compatibility with the Go program.
                Route(.get, "/api/v1/reset-exclusions", .changeByGet) { _ in
                    await source.resetExclusions()
                    return try Response.json(ExclusionResponse.ok)
                }
            ]
    }

    private static func clientReads(_ source: any ClientStatusSource) -> [Route] {
        let list: Route.Handler = { _ in try Response.json(ClientListV1(await source.status())) }
        return [
            Route(.get, "/api/v1/get-list", handler: list),
            Route(.post, "/api/v1/get-list", handler: list),
            Route(.get, "/api/v2/status") { _ in try Response.json(TypedStatus(await source.status())) },
            Route(.get, "/api/v2/links") { _ in try Response.json(LinksResponse(links: await source.status().links)) },
            Route(.get, "/api/v2/links/{name}/history") { request in
                try history(await source.history(ofLink: request.parameter), of: request.parameter)
            },
            Route(.get, "/metrics") { _ in metrics(MetricsText(await source.status())) },
        ]
    }

    /// Returns the four routes that change exclusions; versions 1 and 2 differ in their names only.
    private static func clientChanges(
        _ source: any ClientStatusSource, _ prefix: String, _ access: Route.Access, swap: String, reset: String
    ) -> [Route] {
        [
            Route(.post, prefix + "include", access) { request in
                let wanted = try ExclusionRequest(request.body)
                return try ExclusionResponse.response(
                    await source.include(wanted.interface), unchanged: "already-included")
            },
            Route(.post, prefix + "exclude", access) { request in
                let wanted = try ExclusionRequest(request.body)
                return try ExclusionResponse.response(
                    await source.exclude(wanted.interface, force: wanted.force ?? false),
                    unchanged: "already-excluded")
            },
            Route(.post, prefix + swap, access) { request in
                let wanted = try ExclusionRequest(request.body)
                return try ExclusionResponse.response(
                    await source.swapExclusion(wanted.interface, force: wanted.force ?? false), unchanged: "ok")
            },
            Route(.post, prefix + reset, access) { _ in
                await source.resetExclusions()
                return try Response.json(ExclusionResponse.ok)
            },
        ]
    }
}
