{{< _layout/text}}
{{$title}}{{^many}}Estamos revisando su reclamación{{/many}}{{#many}}Estamos revisando su reclamación{{/many}}{{/title}}
{{$facts}}
Importe en revisión: {{balance | money}}
Vencimiento: {{due_on | date}}

{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
{{^many}}Hemos registrado una reclamación sobre la proforma {{invoice.number}}, por {{balance | money}}, y la estamos revisando.{{/many}}{{#many}}Hemos registrado una reclamación sobre {{count}} proformas ({{invoices | list:"number"}}), por un total de {{balance | money}}, y la estamos revisando.{{/many}}{{#event}}{{#reason}} Motivo informado: {{reason}}.{{/reason}}{{/event}}

Mientras dure la revisión, no le enviaremos recordatorios de pago ni suspenderemos servicios por este importe. Le escribiremos cuando tengamos una respuesta.

Si tiene comprobantes u otros datos que ayuden a resolverlo, envíelos respondiendo a este correo. Si usted no hizo esta reclamación, avísenos.
{{/body}}
{{/ _layout/text}}
