{{#pay_url}}
{{< _blocks/button-pay-html}}{{$label}}Pagar {{balance | money}}{{/label}}{{/ _blocks/button-pay-html}}
{{/pay_url}}
