{{< _layout/text}}
{{$title}}Hemos hecho un reembolso a su favor{{/title}}
{{$facts}}
Importe reembolsado: {{event.amount | money}}
Fecha: {{event.at | date}}

{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
El {{event.at | date}} hicimos un reembolso de {{event.amount | money}} a su favor{{#invoice}}, correspondiente a la proforma {{number}}{{/invoice}}.{{#event.reason}} Motivo: {{event.reason}}.{{/event.reason}}

No tiene que hacer nada. El plazo en que lo verá acreditado depende de su banco o del emisor de su tarjeta; suelen ser unos días hábiles.
{{#event.payment}}

Si necesita consultarlo con su banco, la referencia de la operación es {{event.payment}}.
{{/event.payment}}
{{/body}}
{{/ _layout/text}}
