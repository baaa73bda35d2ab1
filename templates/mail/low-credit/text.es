{{< _layout/text}}
{{$title}}Le queda poco saldo{{/title}}
{{$facts}}
Saldo disponible: {{event.amount | money}}{{#service}} ({{name}}){{/service}}
Fecha: {{event.at | date}}, {{event.at | time}} ({{event.at | zone}})
{{#event.url}}
Recargar saldo: {{event.url}}
{{/event.url}}

{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
Su saldo a favor es de {{event.amount | money}}{{#event.threshold}}, por debajo del aviso fijado en {{event.threshold | money}}{{/event.threshold}}.

Cuando el saldo se agota, los servicios que se pagan con él pueden interrumpirse. Para evitarlo, recárguelo cuanto antes.
{{^event.url}}

Puede hacerlo desde su área de cliente o respondiendo a este correo.
{{/event.url}}
{{/body}}
{{/ _layout/text}}
