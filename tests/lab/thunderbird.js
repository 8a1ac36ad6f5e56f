// What the lab asks of a running Thunderbird, in its own words: each function of `lab` is called
// by name through Marionette, in chrome context, and its (JSON) result is handed back.
"use strict";

const lab = (() => {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const accountCreation = name =>
    ChromeUtils.importESModule(`resource:///modules/accountcreation/${name}.sys.mjs`);

  const pause = ms => new Promise(resolve => window.setTimeout(resolve, ms));

  // The value of `look()` as soon as it is one; rejects after `seconds`.
  async function until(what, look, seconds = 30) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const seen = look();
      if (seen) {
        return seen;
      }
      if (Date.now() > deadline) {
        throw new Error(`waited ${seconds} s for ${what}`);
      }
      await pause(50);
    }
  }

  const serverOf = server =>
    server?.hostname
      ? {
          type: server.type,
          host: server.hostname,
          port: server.port,
          socket_type: server.socketType,
          auth_method: server.auth,
          username: server.username ?? "",
        }
      : null;

  const configOf = config => ({
    source: config.subSource ?? String(config.source),
    incoming: [config.incoming, ...config.incomingAlternatives].map(serverOf).filter(Boolean),
    outgoing: [config.outgoing, ...config.outgoingAlternatives].map(serverOf).filter(Boolean),
  });

  const accountFor = address =>
    MailServices.accounts.accounts.find(account =>
      account.identities.some(identity => identity.email == address)
    );

  // ---- finding settings -----------------------------------------------------------------------

  // What the account dialog does: ask all sources, and guess where they know nothing.
  async function discover(address) {
    const { FindConfig } = accountCreation("FindConfig");
    const { GuessConfig } = accountCreation("GuessConfig");
    const domain = address.split("@")[1];
    const abort = new AbortController();
    const started = performance.now();
    let config = null;
    try {
      const steps = FindConfig.parallelAutoDiscovery(domain, address, abort.signal);
      let step = await steps.next();
      while (!step.done) {
        step = await steps.next({ acceptRedirect: true });
      }
      config = step.value;
    } catch {
      // The dialog guesses then, too.
    }
    if (!config) {
      try {
        config = await GuessConfig.guessConfig(domain, () => {}, null, "both", abort.signal);
      } catch {
        // Nothing found at all.
      }
    }
    const ms = performance.now() - started;
    return { ms, ...(config ? configOf(config) : { source: "", incoming: [], outgoing: [] }) };
  }

  // So that the next discovery starts as cold as the first one.
  async function forgetNetwork() {
    Services.dns.clearCache(true);
    Services.obs.notifyObservers(null, "net:cancel-all-connections");
    Services.cache2.clear();
    Cc["@mozilla.org/psm;1"]
      .getService(Ci.nsINSSComponent)
      .clearSSLExternalAndInternalSessionCache();
    await pause(200);
  }

  function trustRoot(base64) {
    Cc["@mozilla.org/security/x509certdb;1"]
      .getService(Ci.nsIX509CertDB)
      .addCertFromBase64(base64, "C,,");
    return true;
  }

  function readAutoconfig(document_text) {
    const { readFromXML } = accountCreation("readFromXML");
    const { JXON } = ChromeUtils.importESModule("resource:///modules/JXON.sys.mjs");
    const parsed = new DOMParser().parseFromString(document_text, "text/xml");
    return configOf(readFromXML(JXON.build(parsed), "lab"));
  }

  async function askAutodiscover(address) {
    const { fetchConfigFromExchange } = accountCreation("ExchangeAutoDiscover");
    const config = await fetchConfigFromExchange(
      address.split("@")[1],
      address,
      new AbortController().signal,
      null,
      "",
      () => Promise.reject(new Error("asked for consent to another host"))
    );
    return configOf(config);
  }

  // ---- accounts -------------------------------------------------------------------------------

  function outgoingOf(identity) {
    const server = MailServices.outgoingServer.getServerByIdentity(identity);
    const smtp = server?.QueryInterface(Ci.nsISmtpServer);
    return smtp
      ? {
          type: "smtp",
          host: smtp.hostname,
          port: smtp.port,
          socket_type: smtp.socketType,
          auth_method: smtp.authMethod,
          username: smtp.username,
        }
      : null;
  }

  function accounts() {
    const defaultKey = MailServices.accounts.defaultAccount?.key;
    return MailServices.accounts.accounts.map(account => {
      const server = account.incomingServer;
      return {
        key: account.key,
        is_default: account.key == defaultKey,
        name: server.prettyName,
        incoming: {
          type: server.type,
          host: server.hostname,
          port: server.port,
          socket_type: server.socketType,
          auth_method: server.authMethod,
          username: server.username,
        },
        identities: account.identities.map(identity => ({
          key: identity.key,
          address: identity.email,
          full_name: identity.fullName,
          outgoing: outgoingOf(identity),
        })),
      };
    });
  }

  // As the account dialog does once the person is content with what it found.
  async function createAccount(address, fullName, incoming, outgoing) {
    const { AccountConfig } = accountCreation("AccountConfig");
    const { CreateInBackend } = accountCreation("CreateInBackend");
    const config = new AccountConfig();
    const fill = (server, entry) =>
      Object.assign(server, {
        type: entry.type,
        hostname: entry.host,
        port: entry.port,
        socketType: entry.socket_type,
        auth: entry.auth_method,
        username: entry.username,
      });
    fill(config.incoming, incoming);
    fill(config.outgoing, outgoing);
    config.outgoing.addThisServer = true;
    config.identity.realname = fullName;
    config.identity.emailAddress = address;
    config.rememberPassword = false;
    const account = await CreateInBackend.createAccountInBackend(config);
    return account.key;
  }

  function renameSender(address, fullName) {
    const identity = accountFor(address).identities.find(one => one.email == address);
    identity.fullName = fullName;
    return true;
  }

  async function savePassword(origin, username, password) {
    const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
    login.init(origin, null, origin, username, password, "", "");
    await Services.logins.addLoginAsync(login);
    return true;
  }

  // ---- mail -----------------------------------------------------------------------------------

  // Waits until the message is listed in the inbox, then reads it whole from the server.
  async function readMessage(address, subject) {
    const root = accountFor(address).incomingServer.rootFolder;
    const header = await until(`"${subject}" in the inbox of ${address}`, () => {
      const inbox = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
      return inbox && [...inbox.messages].find(message => message.subject == subject);
    });
    const uri = header.folder.getUriForMsg(header);
    const service = MailServices.messageServiceFromURI(uri);
    return new Promise((resolve, reject) => {
      let source = "";
      const listener = {
        QueryInterface: ChromeUtils.generateQI(["nsIStreamListener", "nsIRequestObserver"]),
        onStartRequest() {},
        onDataAvailable(_request, stream, _offset, count) {
          const input = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(
            Ci.nsIScriptableInputStream
          );
          input.init(stream);
          source += input.read(count);
        },
        onStopRequest(_request, status) {
          if (Components.isSuccessCode(status)) {
            resolve(source);
          } else {
            reject(new Error(`reading ended with 0x${status.toString(16)}`));
          }
        },
      };
      service.streamMessage(uri, listener, null, null, false, "", false);
    });
  }

  // What it lists in a folder, by what the folder is for; offline from what it has kept.
  async function subjects(address, purpose) {
    const root = accountFor(address).incomingServer.rootFolder;
    const folder = await until(`the folder ${purpose} of ${address}`, () =>
      root.getFolderWithFlags(Ci.nsMsgFolderFlags[purpose])
    );
    return [...folder.messages].map(message => message.subject).sort();
  }

  function checkMail(address) {
    const server = accountFor(address).incomingServer;
    server.getNewMessages(server.rootFolder, null, null);
    return true;
  }

  // ---- calendars and contacts -----------------------------------------------------------------

  // Events by calendar, once they have been fetched; the person would see them in the calendar.
  async function events() {
    const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");
    const found = {};
    for (const calendar of cal.manager.getCalendars().filter(one => one.type == "caldav")) {
      const titles = async () => {
        const items = await calendar.getItemsAsArray(
          Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null
        );
        return items.map(item => item.title);
      };
      calendar.refresh();
      const deadline = Date.now() + 30000;
      let seen = await titles();
      while (!seen.length && Date.now() < deadline) {
        await pause(200);
        seen = await titles();
      }
      found[calendar.name] = seen;
    }
    return found;
  }

  // Names by address book, fetched now.
  async function contacts() {
    const found = {};
    for (const book of MailServices.ab.directories.filter(one => one.dirType == 102)) {
      const { CardDAVDirectory } = ChromeUtils.importESModule(
        "resource:///modules/CardDAVDirectory.sys.mjs"
      );
      await CardDAVDirectory.forFile(book.fileName).syncWithServer();
      found[book.dirName] = book.childCards.map(card => card.displayName);
    }
    return found;
  }

  // What it would keep after asking once, for a server that names its realm.
  async function saveHttpPassword(origin, realm, username, password) {
    const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
    login.init(origin, null, realm, username, password, "", "");
    await Services.logins.addLoginAsync(login);
    return true;
  }

  // Sends as the person would, and comes back once the copy lies in "Sent".
  function sendMessage(from, to, subject, body) {
    const account = accountFor(from);
    const identity = account.identities.find(candidate => candidate.email == from);
    const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(
      Ci.nsIMsgCompFields
    );
    Object.assign(fields, { from: identity.fullAddress, to, subject, body });
    const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
    return new Promise((resolve, reject) => {
      const failed = (stage, status, words) =>
        reject(new Error(`${stage} ended with 0x${status.toString(16)} ${words ?? ""}`));
      const listener = {
        QueryInterface: ChromeUtils.generateQI([
          "nsIMsgSendListener",
          "nsIMsgCopyServiceListener",
        ]),
        onStartSending() {},
        onSendProgress() {},
        onStatus() {},
        onStopSending(_id, status, words) {
          if (!Components.isSuccessCode(status)) {
            failed("sending", status, words);
          }
        },
        onTransportSecurityError(_id, status) {
          failed("the handshake", status);
        },
        onSendNotPerformed(_id, status) {
          failed("sending", status);
        },
        onGetDraftFolderURI() {},
        onStartCopy() {},
        onProgress() {},
        setMessageKey() {},
        getMessageId() {},
        onStopCopy(status) {
          if (Components.isSuccessCode(status)) {
            resolve(true);
          } else {
            failed("copying to Sent", status);
          }
        },
      };
      send
        .createAndSendMessage(
          null,
          identity,
          account.key,
          fields,
          false,
          false,
          Ci.nsIMsgSend.nsMsgDeliverNow,
          null,
          "text/plain",
          body,
          null,
          null,
          listener,
          "",
          "",
          Ci.nsIMsgCompType.New
        )
        .catch(reject);
    });
  }

  return {
    accounts,
    askAutodiscover,
    checkMail,
    contacts,
    createAccount,
    discover,
    events,
    forgetNetwork,
    readAutoconfig,
    readMessage,
    renameSender,
    saveHttpPassword,
    savePassword,
    sendMessage,
    subjects,
    trustRoot,
  };
})();

const [name, ...args] = Array.from(arguments);
const done = args.pop();
Promise.resolve()
  .then(() => lab[name](...args))
  .then(
    value => done({ value }),
    error => done({ error: `${error}\n${error?.stack ?? ""}` })
  );
