{{< _layout/text}}
{{$title}}Hemos reactivado su servicio{{/title}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
Hemos reactivado {{#service}}el servicio {{service.name}}{{/service}}{{^service}}su servicio{{/service}}{{#event}} el {{at | date}}, {{at | time}} ({{at | zone}}){{/event}}. Ya puede usarlo como antes de la suspensión.

Si algo no funciona como esperaba, responda a este correo y lo revisaremos.
{{/body}}
{{/ _layout/text}}
