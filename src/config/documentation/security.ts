/** TLS, SASL and who may do what. */
export const securityDocumentation: Readonly<Record<string, string>> = {
  "authorizer.class.name": "The Java class that decides who may do what in Kafka.",
  "connection.failed.authentication.delay.ms":
    "How long the broker waits before it closes a connection that failed to authenticate.",
  "connections.max.reauth.ms":
    "How long a session lasts before the client must authenticate again; 0 for ever.",
  "delegation.token.expiry.check.interval.ms": "How often expired delegation tokens are removed.",
  "delegation.token.expiry.time.ms":
    "How long a delegation token is valid before it must be renewed.",
  "delegation.token.max.lifetime.ms": "How long a delegation token lives at most, renewed or not.",
  "delegation.token.secret.key": "The secret that delegation tokens are made and checked with.",
  "principal.builder.class": "The Java class that names who is connected.",
  "sasl.client.callback.handler.class": "The Java class that answers a SASL client's questions.",
  "sasl.enabled.mechanisms": "The SASL mechanisms that clients may use.",
  "sasl.jaas.config": "The login modules of a SASL mechanism, in JAAS form.",
  "sasl.kerberos.kinit.cmd": "The path of Kerberos' kinit.",
  "sasl.kerberos.min.time.before.relogin": "How long Kerberos logins are at least apart.",
  "sasl.kerberos.principal.to.local.rules":
    "Rules by which Kerberos principals become short names.",
  "sasl.kerberos.service.name": "The Kerberos principal that brokers run as.",
  "sasl.kerberos.ticket.renew.jitter":
    "By which fraction, chosen by chance, the renewal of a Kerberos ticket moves.",
  "sasl.kerberos.ticket.renew.window.factor":
    "At which fraction of its life a Kerberos ticket is renewed.",
  "sasl.login.callback.handler.class": "The Java class that answers a SASL login's questions.",
  "sasl.login.class": "The Java class that logs in.",
  "sasl.login.connect.timeout.ms":
    "How long a connection to the identity provider may take to be made.",
  "sasl.login.read.timeout.ms": "How long the identity provider may take to answer.",
  "sasl.login.refresh.buffer.seconds":
    "How long before its end a credential is renewed at the latest.",
  "sasl.login.refresh.min.period.seconds": "How long renewals of a credential are at least apart.",
  "sasl.login.refresh.window.factor": "At which fraction of its life a credential is renewed.",
  "sasl.login.refresh.window.jitter":
    "By which fraction, chosen by chance, the renewal of a credential moves.",
  "sasl.login.retry.backoff.max.ms": "How long the wait between login attempts becomes at most.",
  "sasl.login.retry.backoff.ms": "How long the first wait between login attempts is.",
  "sasl.mechanism.controller.protocol": "The SASL mechanism towards controllers.",
  "sasl.mechanism.inter.broker.protocol": "The SASL mechanism between brokers.",
  "sasl.oauthbearer.allow.unverified.audience":
    "Whether a token may be sent without its audience being checked.",
  "sasl.oauthbearer.allow.unverified.issuer":
    "Whether a token may be sent without its issuer being checked.",
  "sasl.oauthbearer.assertion.algorithm":
    "The algorithm that signs the assertion for the identity provider.",
  "sasl.oauthbearer.assertion.claim.aud": "The audience claimed in the assertion.",
  "sasl.oauthbearer.assertion.claim.exp.seconds": "How long the assertion says it is valid.",
  "sasl.oauthbearer.assertion.claim.iss": "The issuer claimed in the assertion.",
  "sasl.oauthbearer.assertion.claim.jti.include": "Whether the assertion bears an id of its own.",
  "sasl.oauthbearer.assertion.claim.nbf.seconds":
    "How long before now the assertion says it is valid.",
  "sasl.oauthbearer.assertion.claim.sub": "The subject claimed in the assertion.",
  "sasl.oauthbearer.assertion.file": "The file that holds a ready assertion.",
  "sasl.oauthbearer.assertion.private.key.file": "The file with the key that signs assertions.",
  "sasl.oauthbearer.assertion.private.key.passphrase":
    "The passphrase of the key that signs assertions.",
  "sasl.oauthbearer.assertion.template.file":
    "The file with further headers and claims of the assertion.",
  "sasl.oauthbearer.client.credentials.client.id": "The client's id at the identity provider.",
  "sasl.oauthbearer.client.credentials.client.secret":
    "The client's secret at the identity provider.",
  "sasl.oauthbearer.clock.skew.seconds":
    "By how much the identity provider's clock may differ from ours.",
  "sasl.oauthbearer.expected.audience": "The audiences of which a token must name one.",
  "sasl.oauthbearer.expected.issuer": "The issuer that a token must name.",
  "sasl.oauthbearer.jwks.endpoint.refresh.ms":
    "How often the identity provider's keys are fetched.",
  "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms":
    "How long the wait between attempts to fetch the keys becomes at most.",
  "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms":
    "How long the first wait between attempts to fetch the keys is.",
  "sasl.oauthbearer.jwks.endpoint.url": "Where the identity provider's keys are.",
  "sasl.oauthbearer.jwt.retriever.class": "The Java class that gets tokens.",
  "sasl.oauthbearer.jwt.validator.class": "The Java class that checks tokens.",
  "sasl.oauthbearer.scope": "The scope that a token is asked for.",
  "sasl.oauthbearer.scope.claim.name": "Which claim of a token holds its scope.",
  "sasl.oauthbearer.sub.claim.name": "Which claim of a token holds its subject.",
  "sasl.oauthbearer.token.endpoint.url": "Where tokens are got.",
  "sasl.server.callback.handler.class": "The Java class that answers a SASL server's questions.",
  "sasl.server.max.receive.size":
    "How large a message may be at most before the client has authenticated.",
  "security.inter.broker.protocol": "The security protocol between brokers.",
  "security.providers": "Java classes that provide cryptography.",
  "ssl.allow.dn.changes": "Whether a new certificate may bear another name than the old one.",
  "ssl.allow.san.changes":
    "Whether a new certificate may bear other alternative names than the old one.",
  "ssl.cipher.suites":
    "The cipher suites that may be used; all that there are where none is given.",
  "ssl.client.auth": "Whether clients must show a certificate: required, requested or none.",
  "ssl.enabled.protocols": "The versions of TLS that may be used.",
  "ssl.endpoint.identification.algorithm":
    "How the host is checked against a server's certificate; empty for not at all.",
  "ssl.engine.factory.class": "The Java class that makes TLS engines.",
  "ssl.key.password": "The password of the private key.",
  "ssl.keymanager.algorithm": "The algorithm of the key manager.",
  "ssl.keystore.certificate.chain": "The certificate chain, as PEM.",
  "ssl.keystore.key": "The private key, as PEM.",
  "ssl.keystore.location": "The file with key and certificate.",
  "ssl.keystore.password": "The password of the key store.",
  "ssl.keystore.type": "The form of the key store.",
  "ssl.principal.mapping.rules": "Rules by which a certificate's name becomes the client's.",
  "ssl.protocol": "The version of TLS that is offered first.",
  "ssl.provider": "The Java provider of TLS.",
  "ssl.secure.random.implementation": "Java's source of randomness for TLS.",
  "ssl.trustmanager.algorithm": "The algorithm of the trust manager.",
  "ssl.truststore.certificates": "The certificates that are trusted, as PEM.",
  "ssl.truststore.location": "The file with the certificates that are trusted.",
  "ssl.truststore.password": "The password of the trust store.",
  "ssl.truststore.type": "The form of the trust store.",
};
