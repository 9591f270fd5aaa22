// SPDX-License-Identifier: GPL-2.0-or-later

internal import HTTPTypes
internal import Status

extension Routes {
    static func server(_ source: any ServerStatusSource) -> [Route] {
        let list: Route.Handler = { _ in try Answer.json(FirstServerList(await source.status())) }
        return [
            Route(.get, "/api/v1/get-list", handler: list),
            Route(.post, "/api/v1/get-list", handler: list),
            Route(.get, "/api/v2/status") { _ in try Answer.json(TypedStatus(await source.status())) },
            Route(.get, "/api/v2/sessions") { _ in
                try Answer.json(SessionsAnswer(sessions: await source.status().sessions))
            },
            Route(.get, "/api/v2/paths") { _ in try Answer.json(PathsAnswer(await source.status())) },
            Route(.get, "/api/v2/paths/{address}/history") { request in
                try history(await source.history(ofPath: request.parameter), of: request.parameter)
            },
            Route(.get, "/metrics") { _ in metrics(MetricsText(await source.status())) },
        ]
    }
}
