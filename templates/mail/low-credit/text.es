{{< _layout/text}}
{{$title}}Le queda poco saldo{{/title}}
{{$facts}}
Saldo disponible: {{event.amount | money}}
Fecha: {{event.at | date}}, {{event.at | time}} ({{event.at | zone}})
{{#event.url}}
Cargar saldo: {{event.url}}
{{/event.url}}
{{/facts}}
{{$body}}
Su saldo a favor es de {{event.amount | money}}{{#event.threshold}}, por debajo del aviso fijado en {{event.threshold | money}}{{/event.threshold}}.

Cuando el saldo se agota, los servicios que se pagan con él pueden interrumpirse. Para evitarlo, recárguelo cuanto antes.

{{#service}}
Servicio: {{service.name}}.

{{/service}}
{{^event.url}}
Puede hacerlo desde su área de cliente o respondiendo a este correo.

{{/event.url}}
{{/body}}
{{/ _layout/text}}
