// A key plugin built on Sigstore's own half of the protocol: it keeps the key of PLUGIN_KEY (PKCS #8, PEM).
package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"log"
	"os"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/kms/cliplugin/handler"
)

type keptKey struct {
	signature.SignerVerifier
	key crypto.PrivateKey
}

func (k keptKey) CreateKey(context.Context, string) (crypto.PublicKey, error) {
	return k.PublicKey()
}

func (k keptKey) CryptoSigner(context.Context, func(error)) (crypto.Signer, crypto.SignerOpts, error) {
	return nil, nil, errors.New("not part of the protocol")
}

func (k keptKey) SupportedAlgorithms() []string { return []string{"ecdsa-p256"} }

func (k keptKey) DefaultAlgorithm() string { return "ecdsa-p256" }

func main() {
	args, err := handler.GetPluginArgs(os.Args)
	if err != nil {
		fail(err)
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey([]byte(os.Getenv("PLUGIN_KEY")), nil)
	if err != nil {
		fail(err)
	}
	if args.InitOptions.KeyResourceID != "keys/release" {
		fail(errors.New("no such key"))
	}
	kept, err := load(key, args.InitOptions.HashFunc)
	if err != nil {
		fail(err)
	}
	if _, err := handler.Dispatch(os.Stdout, os.Stdin, args, keptKey{kept, key}); err != nil {
		log.Fatal(err)
	}
}

// Ed25519 signs the message itself, or with SHA-512 as Ed25519ph.
func load(key crypto.PrivateKey, hash crypto.Hash) (signature.SignerVerifier, error) {
	if edwards, ok := key.(ed25519.PrivateKey); ok {
		if hash == crypto.SHA512 {
			return signature.LoadED25519phSignerVerifier(edwards)
		}
		return signature.LoadED25519SignerVerifier(edwards)
	}
	return signature.LoadSignerVerifier(key, hash)
}

func fail(err error) {
	if err := handler.WriteErrorResponse(os.Stdout, err); err != nil {
		log.Fatal(err)
	}
	os.Exit(1)
}
