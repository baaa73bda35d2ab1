{{< _layout/text}}
{{$title}}Su dominio está por vencer{{/title}}
{{$facts}}
Dominio: {{event.name}}
Vence: {{event.expires_on | date}}
{{> _blocks/pay-text}}
{{#event.url}}
{{^pay_url}}
Renovar el dominio: {{event.url}}
{{/pay_url}}
{{/event.url}}

{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
El registro del dominio {{event.name}} vence el {{event.expires_on | date}}.

Si no se renueva antes de esa fecha, el sitio web y las direcciones de correo que lo usan dejarán de funcionar, y recuperarlo después puede costar más o no ser posible.
{{^event.url}}
{{^pay_url}}

Para renovarlo, entre en su área de cliente o responda a este correo.
{{/pay_url}}
{{/event.url}}
{{#count}}

{{^many}}La renovación figura en la proforma {{invoice.number}}, por {{balance | money}}, que vence el {{due_on | date}}.{{/many}}{{#many}}La renovación figura en {{count}} proformas, por un total de {{balance | money}}.{{/many}}
{{/count}}
{{/body}}
{{/ _layout/text}}
